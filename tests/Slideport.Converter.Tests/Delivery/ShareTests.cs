using Slideport.Converter.Spool;
using Slideport.ImageStore;
using Slideport.ImageStore.Smb;
using Slideport.ImageStore.Tests.Smb;
using Slideport.Slides.Svs;

namespace Slideport.Converter.Tests.Delivery;

/// <summary>Slides that go to an SMB share, from C-STORE to verified, and what they do when it is in the way.</summary>
public sealed class ShareTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private readonly SambaServer _samba = new();
    private readonly long _began = TimeProvider.System.GetTimestamp();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _samba.DisposeAsync();

    [Fact]
    public async Task A_slide_becomes_one_verified_SVS_on_the_share()
    {
        await using var host = await StartAsync(new ConverterOptions());

        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        await host.UntilAsync(SlideState.Verified);

        using var svs = SvsFile.Open(Path.Join(_samba.Share, "S26-0815_20260301_113000.svs"));
        Assert.Equal((500, 300), (svs.Levels[0].Width, svs.Levels[0].Height));
        Assert.Equal([".slideport-store.json", "S26-0815_20260301_113000.svs"], Names());
        Assert.Empty(Parts(host)); // nothing is left on the way
    }

    [Fact]
    public async Task A_slide_is_delivered_to_the_share_as_it_came()
    {
        await using var host = await StartAsync(new ConverterOptions { Format = OutputFormat.Dicom, FileNameTemplate = "{Scanner}/{Barcode}" });
        var files = TestSlide.Write(host.At("files"));

        await host.SendAndCommitAsync(files);
        var record = await host.UntilAsync(SlideState.Verified);

        Assert.Equal(files.Count, Directory.GetFiles(Path.Join(_samba.Share, record.Manifest!.Path)).Length);
        Assert.Empty(Parts(host));
    }

    [Fact]
    public async Task A_level_is_on_the_share_before_it_is_whole_and_nothing_of_it_stays_when_it_breaks_off()
    {
        const int LevelBytes = 128 << 20;
        await using var host = await StartAsync(new ConverterOptions());
        var files = TestSlide.Write(host.At("files"), width: 8192, height: 1024, tileBytes: LevelBytes / 2048);
        await using (var association = await TestPeer.ConnectAsync(host.Port))
        {
            var level = new HeldInstance(LevelBytes * 3 / 4);
            var sending = level.SendAsync(association, files[0]);
            while (new DirectoryInfo(_samba.Share).GetFiles(".slideport-*.part").Sum(f => f.Length) < LevelBytes / 4)
            {
                // The scanner's patience is not turned on.
                Assert.True(TimeProvider.System.GetElapsedTime(_began) < Deadline, string.Join('\n', host.Log.Lines));
                await Task.Delay(20, Cancel);
            }

            await association.AbortAsync();
            level.GoOn();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }

        while (Names().Count() > 1 || Parts(host).Any())
            await TickAsync(host);

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        Assert.Equal([".slideport-store.json", "S26-0815_20260301_113000.svs"], Names());
    }

    [Fact]
    public async Task While_the_server_is_away_slides_wait_and_say_why_and_then_go_on()
    {
        await using var host = await StartAsync(new ConverterOptions());
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        await _samba.StopAsync();

        await host.SendAndCommitAsync(TestSlide.Write(host.At("two"), "A-2", width: 400));
        while (!host.Records().Any(r => r.State == SlideState.Waiting && r.Reason!.Contains("cannot be reached", StringComparison.Ordinal)))
            await TickAsync(host);
        await _samba.StartAsync();
        while (host.Records().Any(r => r.State != SlideState.Verified))
            await TickAsync(host);

        Assert.Equal([".slideport-store.json", "A-1_20260301_113000.svs", "A-2_20260301_113000.svs"], Names());
    }

    [Fact]
    public async Task A_server_that_stops_encrypting_is_sent_nothing_more_and_the_slide_says_so()
    {
        await using var host = await StartAsync(new ConverterOptions());
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        await _samba.StopAsync();
        await _samba.StartAsync("server smb encrypt = off");

        await host.SendAndCommitAsync(TestSlide.Write(host.At("two"), "A-2", width: 400));
        while (!host.Records().Any(r => r.State == SlideState.Waiting && r.Reason!.Contains("does not encrypt", StringComparison.Ordinal)))
            await TickAsync(host);

        Assert.Contains("does not encrypt", await host.Metrics.Watch!.Checks.Single(c => c.Name == "image store").ProblemAsync(Cancel), StringComparison.Ordinal); // which is told as not ready
        Assert.Equal([".slideport-store.json", "A-1_20260301_113000.svs"], Names());
    }

    [Fact]
    public async Task What_a_server_has_lost_since_it_was_verified_is_not_let_go()
    {
        await using var host = await StartAsync(new ConverterOptions { Retention = TimeSpan.FromHours(1) });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        var svs = Path.Join(_samba.Share, "A-1_20260301_113000.svs");
        await File.WriteAllBytesAsync(svs, new byte[new FileInfo(svs).Length], Cancel); // as a power cut leaves it

        host.Time.Advance(TimeSpan.FromHours(1));
        var record = await host.UntilAsync(SlideState.Failed);

        Assert.Equal("'A-1_20260301_113000.svs' is not what was delivered; the spool still has the slide.", record.Reason);
        Assert.NotEmpty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_cannot_be_read_once_more_is_not_let_go_before_it_can()
    {
        await using var host = await StartAsync(new ConverterOptions { Retention = TimeSpan.FromHours(1) });
        await host.SendAndCommitAsync(TestSlide.Write(host.At("one"), "A-1"));
        await host.UntilAsync(SlideState.Verified);
        await _samba.StopAsync();

        host.Time.Advance(TimeSpan.FromHours(1));
        while (host.Records() is not [{ State: SlideState.Verified, NotBefore: not null }])
            await TickAsync(host);
        Assert.NotEmpty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));
        await _samba.StartAsync();
        while (host.Records() is not [{ State: SlideState.Purged }])
            await TickAsync(host);

        Assert.Empty(Directory.GetFiles(host.Options.SpoolFolder, "*.dcm", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_share_that_SAM_names_is_tried_without_leaving_anything_and_must_stay_the_one_it_was()
    {
        await _samba.StartAsync();
        using var spool = new SpoolFixture();
        Allow(Path.Join(spool.Root, "smb"));
        Directory.CreateDirectory(Path.Join(_samba.Share, "lab"));
        var location = _samba.Location("lab").ToString();

        var tried = await spool.Stores.LookAsync(location, isTrial: true);
        Assert.Null(tried.Problem);
        Assert.InRange(tried.FreeBytes!.Value, 1, tried.TotalBytes!.Value);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(_samba.Share, "lab")));
        Assert.Contains("no folder on that server", (await spool.Stores.LookAsync(location + "/none", isTrial: true)).Problem, StringComparison.Ordinal);

        await spool.Stores.OpenAsync(location, Cancel);
        Assert.Equal(location, spool.Stores.Named(location.Replace("smb:", "SMB:", StringComparison.Ordinal) + "/")); // one store, however it is written
        spool.Restart();
        await spool.Stores.OpenAsync(location, Cancel);
        await File.WriteAllTextAsync(Path.Join(_samba.Share, "lab/.slideport-store.json"), $$"""{"id":"{{Guid.NewGuid()}}"}""", Cancel);
        Assert.Equal(ImageStoreFailure.Foreign, (await Assert.ThrowsAsync<ImageStoreException>(async () => await spool.Stores.OpenAsync(location, Cancel))).Failure);
    }

    [Fact]
    public async Task A_share_without_credentials_or_with_a_password_in_its_location_is_refused_without_repeating_it()
    {
        await _samba.StartAsync();
        using var spool = new SpoolFixture();

        Assert.Contains("does not take the host's Kerberos ticket", (await spool.Stores.LookAsync(_samba.Location("").ToString(), isTrial: true)).Problem, StringComparison.Ordinal);
        var refused = (await spool.Stores.LookAsync("smb://user:secret@server/share", isTrial: true)).Problem!;
        Assert.Contains("slideport store login", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused, StringComparison.Ordinal);
    }

    private async Task<ConverterHost> StartAsync(ConverterOptions options)
    {
        await _samba.StartAsync();
        var host = new ConverterHost(options);
        Allow(host.At("smb"));
        host.Options = host.Options with { ImageStoreLocation = _samba.Location("").ToString(), ShareCredentialsFolder = host.At("smb") };
        await host.StartAsync();
        return host;
    }

    private static void Allow(string folder)
    {
        var path = Path.Join(Directory.CreateDirectory(folder).FullName, "127.0.0.1");
        File.WriteAllText(path, new SmbCredentials(SambaServer.User, SambaServer.Password).ToFile());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    // Slides that wait are due by the clock, which a test turns.
    private async Task TickAsync(ConverterHost host)
    {
        Assert.True(TimeProvider.System.GetElapsedTime(_began) < Deadline, string.Join("; ", host.Records().Select(r => $"{r.State} {r.Reason}")));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await Task.Delay(20, Cancel);
    }

    private IEnumerable<string?> Names() => Directory.GetFileSystemEntries(_samba.Share).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Parts(ConverterHost host) => Directory.EnumerateFiles(host.At("spool/share"), "*.part", SearchOption.AllDirectories);
}
