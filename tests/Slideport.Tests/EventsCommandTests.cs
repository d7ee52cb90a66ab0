using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Events;
using Slideport.Protocol.Identity;

namespace Slideport.Tests;

/// <summary><c>slideport events</c>, as an administrator types it.</summary>
public sealed partial class EventsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-events-").FullName;
    private Process? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _server?.Kill();
        _server?.WaitForExit();
        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Events_are_listed_exported_and_acknowledged()
    {
        var port = await ServeAsync();
        await TellAsync(port);
        var sam = $"localhost:{port}";
        var file = Path.Join(_folder, "out.csv");

        var list = await RunAsync("events", "list", "--severity", "error", "--text", "STEP 1", "--json", "--sam", sam);
        var export = await RunAsync("events", "export", "--format", "csv", "--scanner", "SS1", "--out", file, "--sam", sam);
        var open = await RunAsync("events", "list", "--open", "--json", "--sam", sam);
        using var needsSomebody = JsonDocument.Parse(open.Output);
        var id = needsSomebody.RootElement[0].GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture);
        var silent = await RunAsync("events", "acknowledge", id, "--sam", sam);
        var acknowledged = await RunAsync("events", "acknowledge", id, "--alike", "--note", "Belt replaced.", "--sam", sam);
        var none = await RunAsync("events", "list", "--open", "--sam", sam);
        var noTime = await RunAsync("events", "list", "--from", "yesterday", "--sam", sam);

        using var found = JsonDocument.Parse(list.Output);
        Assert.Equal(["Missed step 19.", "Missed step 17."], found.RootElement.EnumerateArray().Take(2).Select(e => e.GetProperty("text").GetString()));
        Assert.Equal((0, 21), (export.ExitCode, (await File.ReadAllLinesAsync(file, Cancel)).Length));
        Assert.Equal(10, needsSomebody.RootElement.GetArrayLength());
        Assert.Equal(2, silent.ExitCode);
        Assert.Contains("note: Say what was done", silent.Error, StringComparison.Ordinal);
        Assert.Equal((0, $"Event {id} is acknowledged.\n"), (acknowledged.ExitCode, acknowledged.Output));
        Assert.Equal("There is no such event.\n", none.Output);
        Assert.Equal(2, noTime.ExitCode);
    }

    // Every other one needs somebody.
    private async Task TellAsync(int port)
    {
        using var authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "data/identity"));
        using var events = new SamRoleClient(new UriBuilder(Uri.UriSchemeHttps, "localhost", port).Uri, TlsPolicy.ForClient("localhost", authority.Roots, authority.Client("events")));
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        await events.TellAsync(
            Enumerable.Range(0, 20).Select(i => new ScannerEvent
            {
                Id = $"e{i}",
                SerialNumber = "SS1",
                OccurredAt = noon.AddSeconds(i),
                ReceivedAt = noon.AddSeconds(i),
                Severity = i % 2 == 0 ? EventSeverity.Warning : EventSeverity.Critical,
                Code = "STAGE-17",
                Text = $"Missed step {i}.",
            }), Cancel);
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => SlideportProcess.RunAsync([.. arguments, "--data", Path.Join(_folder, "data")]);

    private async Task<int> ServeAsync()
    {
        _server = SlideportProcess.Start("serve", "--roles", "sam", "--data", Path.Join(_folder, "data"), "--Sam:Address=127.0.0.1", "--Sam:Port=0");
        while (await _server.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException(await _server.StandardError.ReadToEndAsync(Cancel));
    }

    [GeneratedRegex(@"^SAM DataServer listens on .*:(\d+)\. Stop")]
    private static partial Regex Listening();
}
