using System.Security.Cryptography;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

public sealed class SmbImageStoreTests(SambaServer samba) : ImageStoreContract, IClassFixture<SambaServer>, IAsyncLifetime
{
    private readonly string _own = Guid.NewGuid().ToString("N");
    private readonly List<SmbImageStore> _stores = [];

    protected override string Folder => Path.Join(samba.Share, _own);

    public async ValueTask InitializeAsync() => await samba.StartAsync();

    public ValueTask DisposeAsync()
    {
        _stores.ForEach(s => s.Dispose());
        return ValueTask.CompletedTask;
    }

    protected override IImageStore StoreIn(string folder)
    {
        var store = samba.Store($"{_own}/{folder}");
        _stores.Add(store);
        return store;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4 << 20)] // exactly a piece
    [InlineData((9 << 20) + 17)]
    [InlineData((37 << 20) + 1)] // two connections at once
    public async Task A_slide_of_many_pieces_arrives_whole(int bytes)
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        var slide = new byte[bytes];
        new Random(1).NextBytes(slide);
        await File.WriteAllBytesAsync(delivery.PartPath, slide, Cancel);

        await delivery.FlushAsync(Cancel);
        var sent = await delivery.ReadBackAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));

        Assert.True((await File.ReadAllBytesAsync(At("images/a.svs"), Cancel)).AsSpan().SequenceEqual(slide));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(slide)), sent.Sha256);
        Assert.Equal(sent, await store.ReadBackAsync("a.svs", Cancel));
        Assert.False(File.Exists(delivery.PartPath)); // the local copy is gone
    }

    [Fact]
    public async Task A_folder_with_a_large_file_arrives_whole_over_two_connections()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        Directory.CreateDirectory(delivery.PartPath);
        var large = new byte[(33 << 20) + 5];
        new Random(2).NextBytes(large);
        await File.WriteAllBytesAsync(Path.Join(delivery.PartPath, "1.dcm"), large, Cancel);
        Write(Path.Join(delivery.PartPath, "2.dcm"), "two");

        await delivery.FlushAsync(Cancel);
        var sent = await delivery.ReadBackAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("a", Cancel));

        Assert.Equal(new StoredOutput(HashOf(Convert.ToHexStringLower(SHA256.HashData(large)) + HashOf("two")), large.Length + 3), sent);
        Assert.True((await File.ReadAllBytesAsync(At("images/a/1.dcm"), Cancel)).AsSpan().SequenceEqual(large));
        Assert.Equal("two", await File.ReadAllTextAsync(At("images/a/2.dcm"), Cancel));
    }

    [Fact]
    public async Task What_will_not_change_any_more_goes_ahead_and_the_beginning_at_last()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        var slide = new byte[(70 << 20) + 3];
        new Random(3).NextBytes(slide);
        await File.WriteAllBytesAsync(delivery.PartPath, slide.AsMemory(0, 65 << 20), Cancel);

        delivery.SendAhead("");
        var part = At("images/.slideport-k1.part");
        while (!File.Exists(part) || new FileInfo(part).Length < 64 << 20)
            await Task.Delay(20, Cancel);
        slide.AsSpan(0, 4096).Clear();
        using (var file = File.OpenHandle(delivery.PartPath, access: FileAccess.Write))
        {
            await RandomAccess.WriteAsync(file, slide.AsMemory(65 << 20), 65 << 20, Cancel);
            await RandomAccess.WriteAsync(file, slide.AsMemory(0, 4096), 0, Cancel);
        }

        await delivery.FlushAsync(Cancel);
        var sent = await delivery.ReadBackAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));

        Assert.True((await File.ReadAllBytesAsync(At("images/a.svs"), Cancel)).AsSpan().SequenceEqual(slide));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(slide)), sent.Sha256);
    }

    [Fact]
    public async Task What_was_written_anew_is_sent_anew()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        await File.WriteAllBytesAsync(delivery.PartPath, new byte[40 << 20], Cancel);
        delivery.SendAhead("");
        var slide = new byte[34 << 20];
        new Random(4).NextBytes(slide);
        await File.WriteAllBytesAsync(delivery.PartPath, slide, Cancel);

        delivery.BeginAnew();
        await delivery.FlushAsync(Cancel);
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));

        Assert.True((await File.ReadAllBytesAsync(At("images/a.svs"), Cancel)).AsSpan().SequenceEqual(slide));
    }

    [Fact]
    public async Task What_goes_ahead_and_is_given_up_leaves_nothing()
    {
        var store = await OpenAsync();
        var delivery = store.Begin("k1");
        await File.WriteAllBytesAsync(delivery.PartPath, new byte[40 << 20], Cancel);

        delivery.SendAhead("");
        await delivery.RemoveAsync(Cancel);

        Assert.Empty(store.Unfinished());
        Assert.False(File.Exists(delivery.PartPath));
    }

    [Fact]
    public async Task It_tells_how_much_room_is_left()
    {
        var store = await OpenAsync();

        var disk = new DriveInfo(Folder);
        Assert.InRange(store.Space().TotalBytes, disk.TotalSize * 0.99, disk.TotalSize * 1.01);
        Assert.InRange(store.Space().FreeBytes, disk.AvailableFreeSpace * 0.95, disk.AvailableFreeSpace * 1.05);
    }

    [Fact]
    public async Task A_name_that_is_taken_at_the_last_moment_is_not_replaced()
    {
        var store = (SmbImageStore)await OpenAsync();
        foreach (var name in (string[])["mine", "theirs"])
            await File.WriteAllTextAsync(At($"images/{name}"), name, Cancel);
        Directory.CreateDirectory(At("images/folder"));

        // As TryPublishAsync asks it once it has seen that the name is free.
        foreach (var taken in (string[])["theirs", "folder"])
        {
            var answer = await store.AskAsync(session => session.Ask(new SmbRequest(SmbOperation.Rename) { Path = "mine", To = taken }, Cancel), Cancel);
            Assert.Equal(SmbOutcome.Taken, answer.Outcome);
        }

        Assert.Equal("theirs", await File.ReadAllTextAsync(At("images/theirs"), Cancel));
        Assert.Equal("mine", await File.ReadAllTextAsync(At("images/mine"), Cancel));
        Assert.True(Directory.Exists(At("images/folder")));
        Assert.True(store.Space().FreeBytes > 0); // and it goes on
    }

    [Fact]
    public async Task Trying_it_tells_how_it_is_reached_and_leaves_nothing()
    {
        var store = await OpenAsync();

        var trial = await store.TryAsync(3_000_001, Cancel);

        Assert.Equal((3_000_001, "An SMB 3.1.1 share, signed and encrypted."), (trial.Bytes, trial.Way));
        Assert.True(trial.Writing > TimeSpan.Zero && trial.Reading > TimeSpan.Zero);
        Assert.Equal([At("images/.slideport-store.json")], Directory.GetFileSystemEntries(At("images")));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_not_made()
    {
        using var store = new SmbImageStore(samba.Location("no/such"), new SmbSurroundings(Path.Join(Folder, "work"), samba.Credentials(SambaServer.User, SambaServer.Password), SmbProgram.Self));

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel));

        Assert.Equal(ImageStoreFailure.Offline, refused.Failure);
        Assert.False(Directory.Exists(Path.Join(samba.Share, "no")));
    }
}
