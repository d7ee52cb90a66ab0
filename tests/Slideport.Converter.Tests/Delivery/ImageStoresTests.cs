using System.Diagnostics;
using Slideport.Converter.Delivery;
using Slideport.ImageStore;

namespace Slideport.Converter.Tests.Delivery;

public sealed class ImageStoresTests : IDisposable
{
    private readonly SpoolFixture _spool = new();

    private ImageStores Stores => _spool.Stores;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _spool.Dispose();

    [Fact]
    public async Task A_folder_that_SAM_names_is_used_when_it_is_there_and_never_made()
    {
        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await Stores.OpenAsync(At("mnt"), Cancel));
        Assert.Contains("There is no folder", refused.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(At("mnt")));

        Directory.CreateDirectory(At("mnt"));
        Assert.Equal(At("mnt"), (await Stores.OpenAsync(At("mnt"), Cancel)).Location);
    }

    [Fact]
    public async Task Once_used_it_must_be_the_same_after_a_restart_too()
    {
        Directory.CreateDirectory(At("mnt"));
        await Stores.OpenAsync(At("mnt"), Cancel);
        await Stores.OpenAsync(null, Cancel);
        _spool.Restart();
        await Stores.OpenAsync(At("mnt"), Cancel);

        Directory.Delete(At("mnt"), recursive: true);
        Directory.CreateDirectory(At("mnt")); // the empty mount point

        Assert.Equal(ImageStoreFailure.Offline, (await Assert.ThrowsAsync<ImageStoreException>(async () => await Stores.OpenAsync(At("mnt"), Cancel))).Failure);
        Assert.Empty(Directory.GetFileSystemEntries(At("mnt")));
        await Stores.OpenAsync(null, Cancel); // the others go on
        Assert.Equal([null, At("mnt")], Stores.Used);
    }

    [Fact]
    public async Task Two_slides_at_once_found_one_store()
    {
        Directory.CreateDirectory(At("mnt"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await Stores.OpenAsync(At("mnt"), Cancel), Cancel)));

        await Stores.OpenAsync(At("mnt"), Cancel); // the id that was kept is the one that lies there
    }

    [Theory]
    [InlineData(@"\\server\share")]
    [InlineData("slides")]
    public async Task A_location_that_is_no_path_of_this_machine_is_not_reached(string location)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A UNC path is one there.");
        Assert.Contains("no path on the converter's machine", (await Assert.ThrowsAsync<ImageStoreException>(async () => await Stores.OpenAsync(location, Cancel))).Message, StringComparison.Ordinal);
        Assert.Contains("no path on the converter's machine", (await Stores.LookAsync(location, isTrial: true)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_writes_and_leaves_nothing()
    {
        Directory.CreateDirectory(At("mnt"));

        var health = await Stores.LookAsync(At("mnt"), isTrial: true);

        Assert.Null(health.Problem);
        Assert.InRange(health.FreeBytes!.Value, 1, health.TotalBytes!.Value);
        Assert.Empty(Directory.GetFileSystemEntries(At("mnt")));
        Assert.Empty(Stores.Used);
    }

    [Fact]
    public async Task A_trial_says_why_nothing_can_be_written()
    {
        Assert.Contains("There is no folder", (await Stores.LookAsync(At("mnt"), isTrial: true)).Problem, StringComparison.Ordinal);
        Assert.NotNull((await Stores.LookAsync("/proc", isTrial: true)).Problem);
    }

    [Fact]
    public async Task A_share_that_hangs_keeps_nobody_waiting_for_it_nor_for_the_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes in folders.");
        Directory.CreateDirectory(At("hung"));
        await Stores.OpenAsync(At("hung"), Cancel);
        var sentinel = Path.Join(At("hung"), ".slideport-store.json");
        File.Delete(sentinel);
        using (var made = Process.Start("mkfifo", [sentinel]))
            await made.WaitForExitAsync(Cancel);
        try
        {
            for (var i = 0; i < 2; i++)
            {
                var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await Stores.OpenAsync(At("hung"), Cancel));
                Assert.Contains("has not answered", refused.Message, StringComparison.Ordinal);
            }

            Assert.Contains("has not answered", (await Stores.LookAsync(At("hung"), isTrial: false)).Problem, StringComparison.Ordinal);
            await Stores.OpenAsync(null, Cancel);
        }
        finally
        {
            await File.WriteAllTextAsync(sentinel, "", CancellationToken.None); // lets the reader go
        }
    }

    [Fact]
    public async Task What_a_look_saw_that_nobody_waited_for_is_told_to_nobody_later()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes in folders.");
        Directory.CreateDirectory(At("hung"));
        await Stores.OpenAsync(At("hung"), Cancel);
        var sentinel = Path.Join(At("hung"), ".slideport-store.json");
        var good = await File.ReadAllTextAsync(sentinel, Cancel);
        File.Delete(sentinel);
        using (var made = Process.Start("mkfifo", [sentinel]))
            await made.WaitForExitAsync(Cancel);
        try
        {
            Assert.Contains("has not answered", (await Stores.LookAsync(At("hung"), isTrial: false)).Problem, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(sentinel, "", CancellationToken.None); // lets the reader go, who finds nothing
        }

        for (var began = TimeProvider.System.GetTimestamp(); Stores.Looks > 0; await Task.Delay(20, Cancel))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "What it saw is kept.");
        File.Delete(sentinel);
        await File.WriteAllTextAsync(sentinel, good, Cancel);

        Assert.Null((await Stores.LookAsync(At("hung"), isTrial: false)).Problem);
    }

    private string At(string name) => Path.Join(_spool.Root, name);
}
