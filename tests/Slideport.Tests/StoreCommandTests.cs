using Slideport.ImageStore.Tests.Smb;

namespace Slideport.Tests;

/// <summary><c>slideport store</c>, and slides that go to a share because SAM says so.</summary>
public sealed class StoreCommandTests : IAsyncLifetime
{
    private readonly SambaServer _samba = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-share-").FullName;

    public ValueTask InitializeAsync() => new(_samba.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _samba.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_password_is_kept_for_the_user_alone_and_tried_and_shown_nowhere()
    {
        var location = _samba.Location("").ToString();

        var wrong = await SlideportProcess.RunWithInputAsync("no such secret\n", "store", "login", location, "--user", "root", "--data", _folder);
        var right = await SlideportProcess.RunWithInputAsync(SambaServer.Password + "\n", "store", "login", location, "--user", "root", "--data", _folder);
        var wrongAgain = await SlideportProcess.RunWithInputAsync("no such secret\n", "store", "login", location, "--user", "root", "--data", _folder);
        var again = await SlideportProcess.RunAsync("store", "test", location, "--data", _folder);

        Assert.Equal((3, 0, 3, 0), (wrong.ExitCode, right.ExitCode, wrongAgain.ExitCode, again.ExitCode));
        Assert.Contains("are not kept.", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1' is as it was.", wrongAgain.Error, StringComparison.Ordinal);
        Assert.Equal(["127.0.0.1"], Directory.GetFileSystemEntries(Path.Join(_folder, "smb")).Select(Path.GetFileName)); // and nothing that was tried
        Assert.Contains("does not take user 'root'", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("An SMB 3.1.1 share, signed and encrypted.", right.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("no such secret", wrong.Output + wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(SambaServer.Password, right.Output + right.Error + again.Output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(_folder, "smb/127.0.0.1")));
        Assert.Empty(Directory.GetFileSystemEntries(_samba.Share));
    }

    [Fact]
    public async Task A_password_is_kept_for_a_server_that_is_away()
    {
        await _samba.StopAsync();

        var away = await SlideportProcess.RunWithInputAsync(SambaServer.Password + "\n", "store", "login", _samba.Location("").ToString(), "--user", "root", "--data", _folder);
        await _samba.StartAsync();
        var back = await SlideportProcess.RunAsync("store", "test", _samba.Location("").ToString(), "--data", _folder);

        Assert.Equal((3, 0), (away.ExitCode, back.ExitCode));
        Assert.Contains("Kept in", away.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_with_a_share_ends_with_the_program_however_that_ends()
    {
        await _samba.SignalAsync("-STOP");
        await File.WriteAllTextAsync(Path.Join(Directory.CreateDirectory(Path.Join(_folder, "smb")).FullName, "127.0.0.1"), "username=root\npassword=x\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(Path.Join(_folder, "smb/127.0.0.1"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var program = SlideportProcess.Start("store", "test", _samba.Location("").ToString(), "--data", _folder);
        int[] agents = [];
        try
        {
            await UntilAsync(() => (agents = [.. SambaServer.ChildrenOf(program.Id).Where(IsAgent)]).Length == 1, "It starts nobody who speaks with the share.");
        }
        finally
        {
            program.Kill();
        }

        await UntilAsync(() => !IsAgent(agents[0]), "Who speaks with the share goes on.");
    }

    [Fact]
    public async Task A_folder_is_tried_as_well_and_left_as_it_was()
    {
        var images = Directory.CreateDirectory(Path.Join(_folder, "images")).FullName;

        var good = await SlideportProcess.RunAsync("store", "test", images, "--size", "2", "--data", _folder);
        var missing = await SlideportProcess.RunAsync("store", "test", Path.Join(images, "none"), "--data", _folder);
        var usage = await SlideportProcess.RunAsync("store", "test", images, "--size", "0", "--data", _folder);

        Assert.Equal((0, 3, 2), (good.ExitCode, missing.ExitCode, usage.ExitCode));
        Assert.Matches(@"^'.*/images': 2\.1 MB written in \S+ s \(\d+ MB/s\), 2\.1 MB read back in \S+ s \(\d+ MB/s\), renamed and removed\.\nA folder on \S+, mounted at /.*\.\nFree: \S+ GB of \S+ GB\.\n$", good.Output);
        Assert.Contains("There is no folder", missing.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(images));
        Assert.False(Directory.Exists(Path.Join(images, "none")));
    }

    [Fact]
    public async Task A_location_with_a_password_is_refused_without_repeating_it()
    {
        var refused = await SlideportProcess.RunAsync("serve", "--data", _folder, "--ImageStore:Location=smb://user:secret@server/share");

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("ImageStore:Location is no share: a location holds no user and no password", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_share_that_SAM_names_is_tried_and_then_a_scanners_slides_lie_there()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        var location = _samba.Location("").ToString();
        var login = await SlideportProcess.RunWithInputAsync(SambaServer.Password + "\n", "store", "login", location, "--user", "root", "--data", Path.Join(fleet.Folder, "data"));
        Assert.True(login.ExitCode == 0, login.Error);
        Assert.Contains("Was written to and read back.", await fleet.AdministerAsync("config", "test", "SS45001", $"images.fileLocation={location}"), StringComparison.Ordinal);
        await fleet.AdministerAsync("config", "set", "SS45001", $"images.fileLocation={location}", "--reason", "test");
        var known = Path.Join(fleet.Folder, "data/spool/fleet.json");
        await UntilAsync(() => File.Exists(known) && File.ReadAllText(known).Contains(location, StringComparison.Ordinal), "The converter is not told.");

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-5");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        await UntilAsync(() => Directory.GetFiles(_samba.Share, "S26-5*.svs").Length > 0, "No slide comes.");
        Assert.Empty(Directory.GetFiles(fleet.Images, "*.svs"));
    }

    // Between fork and exec it is not yet.
    private static bool IsAgent(int process) => SambaServer.ReadOrEmpty(() => File.ReadAllText($"/proc/{process}/cmdline")).Contains("smb-agent", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<bool> holds, string otherwise)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(20, TestContext.Current.CancellationToken))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), otherwise);
    }
}
