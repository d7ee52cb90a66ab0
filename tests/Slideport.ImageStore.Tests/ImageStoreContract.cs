using Slideport.Files;

namespace Slideport.ImageStore.Tests;

/// <summary>What every image store does, wherever it lies.</summary>
public abstract class ImageStoreContract
{
    /// <summary>A folder of this machine in which the stores lie.</summary>
    protected abstract string Folder { get; }

    /// <summary>A store in an empty folder of that name.</summary>
    protected abstract IImageStore StoreIn(string folder);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_folder_becomes_a_store_at_first_use_and_is_known_from_then_on()
    {
        var store = StoreIn("images");

        var id = await store.CheckAsync(null, Cancel);

        Assert.Equal(id, await store.CheckAsync(id, Cancel));
        Assert.Equal(id, await StoreIn("images").CheckAsync(null, Cancel));
    }

    [Fact]
    public async Task An_empty_mount_point_is_offline()
    {
        var store = StoreIn("images");
        var id = await store.CheckAsync(null, Cancel);
        File.Delete(At("images/.slideport-store.json"));

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(id, Cancel));
        Assert.Equal(ImageStoreFailure.Offline, refused.Failure);
        Assert.Empty(Directory.EnumerateFileSystemEntries(At("images")));
    }

    [Fact]
    public async Task Another_store_at_the_same_place_is_foreign()
    {
        var id = await StoreIn("images").CheckAsync(null, Cancel);
        var other = StoreIn("other");
        await other.CheckAsync(null, Cancel);

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await other.CheckAsync(id, Cancel));
        Assert.Equal(ImageStoreFailure.Foreign, refused.Failure);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    public async Task A_damaged_sentinel_is_foreign_not_replaced(string contents)
    {
        Directory.CreateDirectory(At("images"));
        File.WriteAllText(At("images/.slideport-store.json"), contents);

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await StoreIn("images").CheckAsync(null, Cancel));
        Assert.Equal(ImageStoreFailure.Foreign, refused.Failure);
        Assert.Equal(contents, File.ReadAllText(At("images/.slideport-store.json")));
    }

    [Fact]
    public async Task A_delivery_is_hidden_until_published()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        Write(delivery.PartPath, "slide");

        Assert.Equal(["k1"], store.Unfinished());
        await delivery.FlushAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("2026/a.svs", Cancel));

        Assert.Empty(store.Unfinished());
        Assert.Equal("slide", File.ReadAllText(At("images/2026/a.svs")));
        Assert.Equal(new StoredOutput(HashOf("slide"), 5), await store.ReadBackAsync("2026/a.svs", Cancel));
    }

    [Fact]
    public async Task Publishing_never_replaces()
    {
        var store = await OpenAsync();
        foreach (var (key, taken) in (IEnumerable<(string, bool)>)[("k1", false), ("k2", true)])
        {
            var delivery = store.Begin(key);
            Write(delivery.PartPath, key);
            Assert.Equal(!taken, await delivery.TryPublishAsync("a.svs", Cancel));
        }

        Assert.Equal("k1", File.ReadAllText(At("images/a.svs")));
        Assert.Equal(["k2"], store.Unfinished());
        await store.Begin("k2").RemoveAsync(Cancel);
        Assert.Empty(store.Unfinished());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_withdrawn_is_out_of_sight_until_it_is_removed_or_put_back(bool isFolder)
    {
        var store = await OpenAsync();
        var name = isFolder ? "2026/a slide" : "2026/a slide.svs"; // as others call theirs
        Directory.CreateDirectory(At(isFolder ? "images/2026/a slide" : "images/2026"));
        Write(At(isFolder ? $"images/{name}/1.dcm" : $"images/{name}"), "slide");
        var known = await store.ReadBackAsync(name, Cancel);

        Assert.False(await store.TryWithdrawAsync("2026/other.svs", "gone2", Cancel));
        Assert.True(await store.TryWithdrawAsync(name, "gone1", Cancel));
        Assert.Null(await store.ReadBackAsync(name, Cancel));
        Assert.Empty(await store.ListAsync(Cancel).ToListAsync(Cancel));
        Assert.Equal(["gone1"], store.Unfinished());
        Assert.Equal(known, await store.Begin("gone1").ReadBackAsync(Cancel));
        Assert.True(await store.TryPutBackAsync("gone1", name, Cancel));
        Assert.Equal(known, await store.ReadBackAsync(name, Cancel));
        Assert.Empty(store.Unfinished());

        Assert.True(await store.TryWithdrawAsync(name, "gone1", Cancel));
        await store.Begin("gone1").RemoveAsync(Cancel);
        Assert.Empty(store.Unfinished());
        Assert.Empty(Directory.EnumerateFileSystemEntries(At("images/2026")));
    }

    [Fact]
    public async Task Nothing_is_replaced_when_it_is_withdrawn_or_put_back()
    {
        var store = await OpenAsync();
        Write(At("images/a.svs"), "first");
        Assert.True(await store.TryWithdrawAsync("a.svs", "gone1", Cancel));
        Write(At("images/a.svs"), "second");

        Assert.False(await store.TryPutBackAsync("gone1", "a.svs", Cancel));
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.TryWithdrawAsync("a.svs", "gone1", Cancel));

        Assert.Equal("second", File.ReadAllText(At("images/a.svs")));
        Assert.Equal(HashOf("first"), (await store.Begin("gone1").ReadBackAsync(Cancel)).Sha256);
        foreach (var name in new[] { "../a.svs", ".slideport-store.json", ".slideport-gone1.part", "" })
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await store.TryWithdrawAsync(name, "gone3", Cancel));
    }

    [Fact]
    public async Task A_folder_is_published_as_a_whole()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        Directory.CreateDirectory(delivery.PartPath);
        Write(Path.Join(delivery.PartPath, "1.dcm"), "one");
        Write(Path.Join(delivery.PartPath, "2.dcm"), "two");

        await delivery.FlushAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("a", Cancel));

        Assert.Equal("two", File.ReadAllText(At("images/a/2.dcm")));
        Assert.Equal(new StoredOutput(HashOf(HashOf("one") + HashOf("two")), 6), await store.ReadBackAsync("a", Cancel));

        Directory.CreateDirectory(At("images/a/thumbnails")); // of whoever looks at slides there
        Assert.Equal(new StoredOutput(HashOf(HashOf("one") + HashOf("two")), 6), await store.ReadBackAsync("a", Cancel));
        var again = store.Begin("k1");
        Directory.CreateDirectory(again.PartPath);
        Assert.False(await again.TryPublishAsync("a", Cancel));
        await again.RemoveAsync(Cancel);
        Assert.Empty(store.Unfinished());
    }

    [Theory]
    [InlineData("../a.svs")]
    [InlineData("/etc/a.svs")]
    [InlineData("a\\b.svs")]
    [InlineData(".slideport-store.json")]
    public async Task A_name_that_leaves_the_store_is_refused(string name)
    {
        var delivery = (await OpenAsync()).Begin("k1");
        Write(delivery.PartPath, "x");

        await Assert.ThrowsAsync<ArgumentException>(async () => await delivery.TryPublishAsync(name, Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("K")]
    public async Task A_key_is_small_letters_and_digits(string key)
    {
        var store = await OpenAsync();
        Assert.Throws<ArgumentException>(() => store.Begin(key));
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_read_back() => Assert.Null(await (await OpenAsync()).ReadBackAsync("no/such.svs", Cancel));

    [Fact]
    public async Task Every_file_is_listed_but_what_is_hidden()
    {
        var store = await OpenAsync();
        Directory.CreateDirectory(At("images/2026/Fälle 12"));
        Directory.CreateDirectory(At("images/empty"));
        Directory.CreateDirectory(At("images/.trash"));
        Directory.CreateDirectory(At("images/lost+found"));
        string[] names = ["a.svs", "2026/b.svs", "2026/Fälle 12/1 (2).dcm"];
        foreach (var name in (string[])[.. names, ".hidden", ".trash/c.svs", "lost+found/d.svs"])
            await File.WriteAllTextAsync(At($"images/{name}"), name, Cancel);
        var whole = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        File.SetLastWriteTimeUtc(At("images/2026/b.svs"), whole.UtcDateTime);
        Write(store.Begin("k1").PartPath, "under way");

        var listed = await store.ListAsync(Cancel).ToListAsync(Cancel);

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Equal(new StoredEntry("2026/b.svs", 10, whole), listed.Single(e => e.Name == "2026/b.svs"));
        Assert.Equal(["2026/Fälle 12/1 (2).dcm"], await store.ListAsync("2026/Fälle 12", Cancel).Select(e => e.Name).ToListAsync(Cancel));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await store.ListAsync("2025", Cancel).ToListAsync(Cancel));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await store.ListAsync("a.svs", Cancel).ToListAsync(Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.ListAsync("../other", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_folder_of_very_many_files_is_listed_whole()
    {
        var store = await OpenAsync();
        for (var i = 0; i < 1300; i++)
            await File.WriteAllTextAsync(At($"images/{i}.dcm"), "", Cancel);

        Assert.Equal(1300, (await store.ListAsync(Cancel).Select(e => e.Name).ToListAsync(Cancel)).Distinct().Count());
    }

    [Fact]
    public async Task A_file_is_read_anywhere_in_it_by_many_at_once()
    {
        var store = await OpenAsync();
        var bytes = new byte[3_000_017];
        new Random(3).NextBytes(bytes);
        await File.WriteAllBytesAsync(At("images/a b.svs"), bytes, Cancel);
        using var file = await store.OpenAsync("a b.svs", Cancel);
        Assert.Equal(bytes.Length, file.Length);
        Assert.Equal(File.GetLastWriteTimeUtc(At("images/a b.svs")), file.LastWrite.UtcDateTime, TimeSpan.FromSeconds(1));

        await Parallel.ForAsync(0, 64, Cancel, (seed, _) =>
        {
            var random = new Random(seed);
            var (offset, buffer) = (random.Next(bytes.Length + 10), new byte[random.Next(seed % 2 == 0 ? 200 : 2_000_000)]);
            var expected = bytes.AsSpan(Math.Min(offset, bytes.Length), Math.Clamp(bytes.Length - offset, 0, buffer.Length));
            Assert.Equal(expected.Length, file.Read(buffer, offset));
            Assert.True(expected.SequenceEqual(buffer.AsSpan(0, expected.Length)));
            return ValueTask.CompletedTask;
        });
        var all = new byte[bytes.Length + 1];
        for (var at = 0; at < bytes.Length; at += 4001) // on and on
            Assert.Equal(Math.Min(4001, bytes.Length - at), file.Read(all.AsSpan(at, 4001 + Math.Min(0, all.Length - at - 4001)), at));
        Assert.True(bytes.AsSpan().SequenceEqual(all.AsSpan(0, bytes.Length)));
    }

    [Fact]
    public async Task What_is_no_file_cannot_be_opened()
    {
        var store = await OpenAsync();
        Directory.CreateDirectory(At("images/folder"));

        foreach (var name in (string[])["no.svs", "no/such.svs", "folder"])
            await Assert.ThrowsAsync<FileNotFoundException>(async () => await store.OpenAsync(name, Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../a.svs")]
    [InlineData("folder/../../a.svs")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b.svs")]
    [InlineData("..\\a.svs")]
    [InlineData("a.svs:stream")]
    [InlineData("a\0.svs")]
    [InlineData(".slideport-store.json")]
    [InlineData(".slideport-k1.part/1.dcm")]
    public async Task A_name_that_leaves_the_store_or_is_hidden_cannot_be_opened(string name)
    {
        var store = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.OpenAsync(name, Cancel));
    }

    protected static string HashOf(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    protected async Task<IImageStore> OpenAsync()
    {
        var store = StoreIn("images");
        await store.CheckAsync(null, Cancel);
        Assert.True(store.Space().FreeBytes > 0);
        return store;
    }

    protected static void Write(string path, string text)
    {
        using var file = DurableFile.CreateNew(path);
        RandomAccess.Write(file, System.Text.Encoding.UTF8.GetBytes(text), 0);
    }

    protected string At(string name) => Path.Join(Folder, name);
}
