using System.Text.Json;
using Slideport.ImageStore.Tests.Smb;

namespace Slideport.Tests;

/// <summary><c>slideport slides</c>: from the person through SAM to the converter that has the slide, and back.</summary>
public sealed class SlidesCommandTests : IAsyncLifetime
{
    private readonly SambaServer _samba = new();
    private readonly string _research = Directory.CreateTempSubdirectory("slideport-research-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(_samba.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _samba.DisposeAsync();
        Directory.Delete(_research, recursive: true);
    }

    [Fact]
    public async Task A_slide_whose_share_was_away_is_tried_again_and_what_lies_there_is_read_and_delivered_once_more_when_a_person_asks()
    {
        using var fleet = await Fleet.StartAsync("--Converter:Destinations:research:Barcode=T.*", $"--Converter:Destinations:research:Location={_research}");
        await UseShareAsync(fleet);
        var code = await fleet.AddScannerAsync();
        await fleet.AdministerAsync("config", "set", "SS45001", $"images.fileLocation={_samba.Location("")}", "--reason", "test");
        var known = Path.Join(fleet.Folder, "data/spool/fleet.json");
        await UntilAsync(() => Task.FromResult(File.Exists(known) && File.ReadAllText(known).Contains("smb:", StringComparison.Ordinal)), "The converter is not told.");
        Assert.Equal(0, (await fleet.ScanAsync("--code", code, "--barcode", "S26-1")).ExitCode);
        await UntilAsync(async () => (await SlidesAsync(fleet)).All(s => Of(s, "stage") == "verified"), "The first slide does not come.");

        // The share is away: the slide waits, and is tried again when a person says so.
        await _samba.StopAsync();
        Assert.Equal(0, (await fleet.ScanAsync("--barcode", "S26-2")).ExitCode);
        await UntilAsync(async () => (await SlidesAsync(fleet)).Any(s => Of(s, "stage") == "waiting"), "The second slide does not wait.");
        await _samba.StartAsync();
        var series = Of((await SlidesAsync(fleet)).Single(s => Of(s, "stage") == "waiting"), "seriesInstanceUid")!;
        var retry = await RunAsync(fleet, "retry", series);
        Assert.True(retry.ExitCode == 0, retry.Output + retry.Error);
        Assert.Matches(@"^\S+: It is being tried again; it was waiting: .*\n$", retry.Output);
        await UntilAsync(async () => (await SlidesAsync(fleet)).All(s => Of(s, "stage") == "verified"), "The second slide does not come.");
        var path = Path.Join(_samba.Share, Of((await SlidesAsync(fleet)).Single(s => Of(s, "seriesInstanceUid") == series), "path"));
        Assert.True(File.Exists(path));

        // What lies there is read; a changed file is found, and the slide delivered beside it.
        var good = await RunAsync(fleet, "verify", series);
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(1);
        }

        var changed = await RunAsync(fleet, "verify", series, "--json");
        var again = await RunAsync(fleet, "resend", series);
        await UntilAsync(async () => (await SlidesAsync(fleet)).All(s => Of(s, "stage") == "verified") && Directory.GetFiles(_samba.Share, "S26-2*.svs").Length == 2, "It is not delivered once more.");
        var whole = await RunAsync(fleet, "verify", series);
        Assert.Equal((0, 1, 0, 0), (good.ExitCode, changed.ExitCode, again.ExitCode, whole.ExitCode));
        Assert.Contains("is what was delivered", good.Output, StringComparison.Ordinal);
        using var answers = JsonDocument.Parse(changed.Output);
        var answer = Assert.Single(answers.RootElement.EnumerateArray());
        Assert.Equal(("differs", "verify"), (Of(answer, "result"), Of(answer, "action")));

        // To a destination that no rule chose, and to none that there is.
        var elsewhere = await RunAsync(fleet, "resend", series, "--destination", "research");
        var nowhere = await RunAsync(fleet, "resend", series, "--destination", "nowhere");
        var unknown = await RunAsync(fleet, "verify", "1.2.3");
        var unwaited = await RunAsync(fleet, "verify", series, "--no-wait");
        Assert.Equal((0, 1, 2, 0), (elsewhere.ExitCode, nowhere.ExitCode, unknown.ExitCode, unwaited.ExitCode));
        Assert.Contains("its destinations: research", nowhere.Output, StringComparison.Ordinal);
        Assert.Contains("has not answered yet", unwaited.Output, StringComparison.Ordinal);
        await UntilAsync(() => Task.FromResult(Directory.GetFiles(_research, "S26-2*.svs").Length == 1), "It does not get to the destination.");
        await UntilAsync(async () => (await fleet.AdministerAsync("slides", "show", series)).Contains("done: 'S26-2", StringComparison.Ordinal), "The answer is not shown.");
        Assert.Contains("slide.resend", await fleet.AdministerAsync("audit", "export", "--format", "csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slides_are_exported_for_programs_and_spreadsheets()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        Assert.Equal(0, (await fleet.ScanAsync("--code", code, "--barcode", "S26-1")).ExitCode);
        Assert.Equal(0, (await fleet.ScanAsync("--barcode", "S26-2")).ExitCode);
        await UntilAsync(async () => await SlidesAsync(fleet) is { Length: 2 } slides && slides.All(s => Of(s, "stage") == "verified"), "The slides do not come.");
        var file = Path.Join(fleet.Folder, "slides.csv");

        await fleet.AdministerAsync("slides", "export", "--format", "csv", "--scanner", "SS45001", "--out", file);
        var lines = (await fleet.AdministerAsync("slides", "export", "--stage", "verified", "--from", "2020-01-01")).Trim().Split('\n');
        var none = await fleet.AdministerAsync("slides", "export", "--to", "2020-01-01");

        var rows = await File.ReadAllLinesAsync(file, Cancel);
        Assert.Equal(3, rows.Length);
        Assert.StartsWith("seriesInstanceUid,serialNumber,stage,", rows[0], StringComparison.Ordinal);
        Assert.Equal((await SlidesAsync(fleet)).Select(s => Of(s, "sha256")!).Order(), rows[1..].Select(r => r.Split(',')[^1].Trim('"')).Order());
        Assert.Equal(["S26-2", "S26-1"], lines.Select(line =>
        {
            using var slide = JsonDocument.Parse(line);
            return Of(slide.RootElement, "path")![..5];
        }));
        Assert.Equal("", none.Trim());
    }

    private async Task UseShareAsync(Fleet fleet)
    {
        var login = await SlideportProcess.RunWithInputAsync(
            SambaServer.Password + "\n", "store", "login", _samba.Location("").ToString(), "--user", "root", "--data", Path.Join(fleet.Folder, "data"));
        Assert.True(login.ExitCode == 0, login.Error);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(Fleet fleet, params string[] arguments) =>
        SlideportProcess.RunAsync(["slides", .. arguments, "--sam", $"localhost:{fleet.Sam}", "--data", Path.Join(fleet.Folder, "data")]);

    private static async Task<JsonElement[]> SlidesAsync(Fleet fleet)
    {
        using var slides = JsonDocument.Parse(await fleet.AdministerAsync("slides", "list", "--json"));
        return [.. slides.RootElement.EnumerateArray().Select(s => s.Clone())];
    }

    private static string? Of(JsonElement slide, string name) => slide.GetProperty(name).GetString();

    private static async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await holds(); await Task.Delay(50, Cancel))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(2), otherwise);
    }
}
