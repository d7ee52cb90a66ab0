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
}
