using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Slideport.Tests;

/// <summary><c>slideport audit</c>, through SAM and past it.</summary>
public sealed partial class AuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-audit-").FullName;
    private Process? _server;
    private Task<string[]> _said = Task.FromResult(Array.Empty<string>());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_trail_is_checked_and_exported_through_SAM_and_without_it()
    {
        var sam = $"localhost:{await ServeAsync()}";
        Assert.Equal(0, (await RunAsync("config", "set", "defaults", "images.port=2763", "--reason", "test", "--sam", sam)).ExitCode);
        var file = Path.Join(_folder, "out.csv");

        var running = await RunAsync("audit", "verify", "--sam", sam);
        var lines = await RunAsync("audit", "export", "--action", "configuration.change", "--sam", sam);
        var toFile = await RunAsync("audit", "export", "--format", "csv", "--from", "2020-01-01", "--out", file, "--sam", sam);
        var twice = await RunAsync("audit", "export", "--format", "csv", "--out", file, "--sam", sam);
        var noTime = await RunAsync("audit", "export", "--from", "yesterday", "--sam", sam);
        await StopAsync();
        var stopped = await RunAsync("audit", "verify", "--database");
        var export = await RunAsync("audit", "export", "--database", "--format", "dicom", "--action", "system.*");

        Assert.Equal((0, ""), (running.ExitCode, running.Error));
        Assert.StartsWith("The audit trail is unbroken: ", running.Output, StringComparison.Ordinal);
        using var change = JsonDocument.Parse(lines.Output);
        Assert.Equal("defaults", change.RootElement.GetProperty("object").GetString());
        Assert.Equal(0, toFile.ExitCode);
        Assert.StartsWith("sequence,at,actor,", await File.ReadAllTextAsync(file, Cancel), StringComparison.Ordinal);
        Assert.NotEqual(0, twice.ExitCode);
        Assert.Equal(2, noTime.ExitCode);
        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains("signed heads", stopped.Output, StringComparison.Ordinal);
        Assert.Equal(["<?xml", "<?xml"], export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[..5]));
    }

    [Fact]
    public async Task A_broken_trail_is_told_in_one_sentence_with_exit_code_1()
    {
        await ServeAsync();
        await StopAsync();
        var heads = Path.Join(_folder, "data/identity/audit-heads");
        Assert.True(File.Exists(heads), string.Concat(await _said));
        await File.WriteAllTextAsync(heads, (await File.ReadAllTextAsync(heads, Cancel)).Replace(' ', '-'), Cancel);

        var verdict = await RunAsync("audit", "verify", "--database");

        Assert.Equal(1, verdict.ExitCode);
        Assert.Matches("^Line 1 of .*audit-heads is not what was signed[.]\n$", verdict.Output);
    }

    public void Dispose()
    {
        if (_server is { HasExited: false })
            _server.Kill();
        _server?.WaitForExit();
        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => SlideportProcess.RunAsync([.. arguments, "--data", Path.Join(_folder, "data")]);

    private async Task<int> ServeAsync()
    {
        _server = SlideportProcess.Start("serve", "--roles", "sam", "--data", Path.Join(_folder, "data"), "--Sam:Address=127.0.0.1", "--Sam:Port=0");
        while (await _server.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match)
                continue;
            _said = Task.WhenAll(_server.StandardOutput.ReadToEndAsync(CancellationToken.None), _server.StandardError.ReadToEndAsync(CancellationToken.None));
            return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException($"It did not start: {await _server.StandardError.ReadToEndAsync(Cancel)}");
    }

    private async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Cancel);
        await _server.WaitForExitAsync(Cancel);
        Assert.True(_server.ExitCode == 0, $"{_server.ExitCode}: {string.Concat(await _said)}");
    }

    [GeneratedRegex(@"^SAM DataServer listens on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
