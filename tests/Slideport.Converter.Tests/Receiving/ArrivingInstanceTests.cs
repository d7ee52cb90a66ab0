using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;
using Slideport.Slides.Svs;

namespace Slideport.Converter.Tests.Receiving;

/// <summary>The largest level goes into the output while it arrives; what of it then does not come leaves nothing behind.</summary>
public sealed class ArrivingInstanceTests
{
    private const int LevelBytes = 64 << 20;
    private const int HalfBytes = LevelBytes / 2 + (4 << 20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OutputFormat.Svs)]
    [InlineData(OutputFormat.Dicom)]
    public async Task What_is_there_of_a_level_is_in_the_output_before_it_is_whole(OutputFormat format)
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = format });
        var files = Write(host);
        await using var association = await TestPeer.ConnectAsync(host.Port);

        var (level, sending) = await SendHalfAsync(host, association, files[0]);
        level.GoOn();
        Assert.Equal(DimseStatus.Success, (await sending).Status);
        foreach (var file in files.Skip(1))
            await association.StoreAsync(file);
        await ConverterHost.CommitAsync(association, files);
        await association.ReleaseAsync(Cancel);

        await host.UntilAsync(SlideState.Verified); // every tile was held against the spool, or every file
        AssertDelivered(host, format, files.Count);
    }

    [Theory]
    [InlineData(OutputFormat.Svs)]
    [InlineData(OutputFormat.Dicom)]
    public async Task A_level_that_breaks_off_leaves_nothing_and_comes_again(OutputFormat format)
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = format });
        var files = Write(host);
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            var (level, sending) = await SendHalfAsync(host, association, files[0]);
            await association.AbortAsync();
            level.GoOn();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }

        await UntilAsync(() => host.Hidden().Length == 0 && Directory.GetFiles(host.At("spool/begun")).Length == 0);
        Assert.Empty(host.Records());

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        AssertDelivered(host, format, files.Count);
    }

    [Fact]
    public async Task A_level_that_breaks_off_after_others_came_leaves_only_those()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = Write(host);
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            await association.StoreAsync(files[^1]);
            var (level, sending) = await SendHalfAsync(host, association, files[0]);
            await association.AbortAsync();
            level.GoOn();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }

        await UntilAsync(() => HiddenBytes(host) < 16 << 20);

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        AssertDelivered(host, OutputFormat.Svs, files.Count);
    }

    [Fact]
    public async Task A_slide_that_is_complete_does_not_wait_for_a_level_that_comes_again()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = Write(host);
        await using var slow = await TestPeer.ConnectAsync(host.Port);
        var (level, sending) = await SendHalfAsync(host, slow, files[0]);

        await host.SendAndCommitAsync(files); // on another association
        await UntilAsync(() => host.Records() is [{ State: SlideState.Verified }]); // by a clock that stands still: the slow one is not given up
        AssertDelivered(host, OutputFormat.Svs, files.Count);
        level.GoOn();
        Assert.Equal(DimseStatus.Success, (await sending).Status); // it is there already
    }

    [Fact]
    public async Task What_a_killed_converter_had_begun_is_removed_at_the_next_start()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = Write(host);
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            var (level, sending) = await SendHalfAsync(host, association, files[0]);
            var (begun, hidden) = (Assert.Single(Directory.GetFiles(host.At("spool/begun"))), Assert.Single(host.Hidden()));
            await host.StopAsync();
            level.GoOn();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
            // As a kill leaves it.
            await File.WriteAllBytesAsync(begun, [], Cancel);
            await File.WriteAllBytesAsync(Path.Join(host.Images, hidden), new byte[1 << 20], Cancel);
        }

        await host.StartAsync();

        await UntilAsync(() => host.Hidden().Length == 0 && Directory.GetFiles(host.At("spool/begun")).Length == 0);
        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
    }

    // Returns when some of it is in the image store.
    private static async Task<(HeldInstance Level, Task<StoreOutcome> Sending)> SendHalfAsync(ConverterHost host, Association association, string path)
    {
        var level = new HeldInstance(HalfBytes);
        var sending = level.SendAsync(association, path);
        await UntilAsync(() => HiddenBytes(host) >= 16 << 20);
        return (level, sending);
    }

    // Its first level has 64 MB.
    private static IReadOnlyList<string> Write(ConverterHost host) => TestSlide.Write(host.At("files"), width: 4096, height: 1024, tileBytes: LevelBytes / 1024);

    private static long HiddenBytes(ConverterHost host) => !Directory.Exists(host.Images) ? 0 : host.Hidden().Sum(name => Directory.Exists(Path.Join(host.Images, name))
        ? new DirectoryInfo(Path.Join(host.Images, name)).GetFiles().Sum(f => f.Length)
        : new FileInfo(Path.Join(host.Images, name)) is { Exists: true } file ? file.Length : 0);

    private static void AssertDelivered(ConverterHost host, OutputFormat format, int instances)
    {
        if (format == OutputFormat.Dicom)
        {
            Assert.Equal(instances, host.Delivered().Length);
            return;
        }

        var path = Path.Join(host.Images, Assert.Single(host.Delivered()));
        using var svs = SvsFile.Open(path);
        Assert.Equal(1024, svs.Levels[0].TileCount);
        Assert.InRange(new FileInfo(path).Length, LevelBytes, LevelBytes + LevelBytes / 8); // once
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 6000, "It does not come to that.");
            await Task.Delay(10, Cancel);
        }
    }
}
