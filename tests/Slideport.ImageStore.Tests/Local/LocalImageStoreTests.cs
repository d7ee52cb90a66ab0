using Slideport.ImageStore.Local;

namespace Slideport.ImageStore.Tests.Local;

public sealed class LocalImageStoreTests : ImageStoreContract, IDisposable
{
    protected override string Folder { get; } = Directory.CreateTempSubdirectory("slideport-store-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    protected override IImageStore StoreIn(string folder) => new LocalImageStore(At(folder));

    [Fact]
    public async Task What_is_delivered_is_readable_by_those_the_sentinel_names()
    {
        var store = await OpenAsync();
        File.SetUnixFileMode(At("images/.slideport-store.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var delivery = store.Begin("k1");
        Write(delivery.PartPath, "slide");

        Assert.True(await delivery.TryPublishAsync("2026/a.svs", Cancel));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(At("images/2026/a.svs")));
    }

    [Fact]
    public async Task What_a_link_leads_to_is_no_part_of_the_store()
    {
        var store = await OpenAsync();
        Directory.CreateDirectory(At("elsewhere"));
        File.WriteAllText(At("elsewhere/a.svs"), "theirs");
        File.CreateSymbolicLink(At("images/a.svs"), At("elsewhere/a.svs"));
        Directory.CreateSymbolicLink(At("images/folder"), At("elsewhere"));

        Assert.Empty(await store.ListAsync(Cancel).ToListAsync(Cancel));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await store.ListAsync("folder", Cancel).ToListAsync(Cancel));
        foreach (var name in (string[])["a.svs", "folder/a.svs"])
            await Assert.ThrowsAsync<FileNotFoundException>(async () => await store.OpenAsync(name, Cancel));
    }

    [Fact]
    public async Task Folders_in_folders_are_listed_down_to_a_depth()
    {
        var store = await OpenAsync();
        for (var (path, depth) = ("images", 0); depth < 20; path += "/f", depth++)
        {
            Directory.CreateDirectory(At(path));
            File.WriteAllText(At($"{path}/a.svs"), "");
        }

        var listed = await store.ListAsync(Cancel).ToListAsync(Cancel);

        Assert.Equal(StoredName.MaxDepth, listed.Count);
        foreach (var entry in listed)
            (await store.OpenAsync(entry.Name, Cancel)).Dispose();
    }
}
