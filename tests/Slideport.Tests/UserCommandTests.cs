using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Slideport.Tests;

/// <summary><c>slideport user</c> and <c>slideport pin</c>, as an administrator types them.</summary>
public sealed partial class UserCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-user-").FullName;
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
    public async Task Users_are_administered_with_passwords_from_standard_input()
    {
        var sam = await ServeAsync();

        var weak = await RunAsync("password\n", "user", "add", "anna", "--role", "lab-admin", "--sam", sam);
        var added = await RunAsync("tall giraffes dislike rain\n", "user", "add", "anna", "--role", "lab-admin", "--sam", sam);
        var reset = await RunAsync("small giraffes enjoy it\n", "user", "reset", "ANNA", "--sam", sam);
        var unlocked = await RunAsync("", "user", "unlock", "anna", "--sam", sam);
        var forgotten = await RunAsync("", "user", "forget-factors", "anna", "--sam", sam);
        var list = await RunAsync("", "user", "list", "--json", "--sam", sam);
        var last = await RunAsync("", "user", "remove", "anna", "--sam", sam);
        var nobody = await RunAsync("", "user", "remove", "nobody", "--sam", sam);

        Assert.Equal(2, weak.ExitCode);
        Assert.Contains("password: Take at least 15 characters", weak.Error, StringComparison.Ordinal);
        Assert.Equal((0, 0, 0, 0), (added.ExitCode, reset.ExitCode, unlocked.ExitCode, forgotten.ExitCode));
        Assert.Contains("\"labAdmin\"", list.Output, StringComparison.Ordinal);
        Assert.Equal(2, last.ExitCode);
        Assert.Contains("last Lab Admin", last.Error, StringComparison.Ordinal);
        Assert.Contains("'slideport user list' lists them", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Support_is_let_in_and_out()
    {
        var sam = await ServeAsync();

        var off = await RunAsync("", "support", "status", "--sam", sam);
        var on = await RunAsync("", "support", "on", "--hours", "2", "--reason", "focus drifts", "--sam", sam);
        var status = await RunAsync("", "support", "status", "--sam", sam);
        var tooLong = await RunAsync("", "support", "on", "--hours", "200", "--reason", "x", "--sam", sam);
        var outAgain = await RunAsync("", "support", "off", "--sam", sam);

        Assert.Equal(("Off.", 0, 2, 0), (off.Output.Trim(), on.ExitCode, tooLong.ExitCode, outAgain.ExitCode));
        Assert.Contains("switched on by role:admin: focus drifts", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PINs_are_administered_with_PINs_from_standard_input()
    {
        var sam = await ServeAsync();
        await RunAsync("", "scanner", "add", "SS45001", "--sam", sam);
        await RunAsync("", "scanner", "add", "SS45002", "--sam", sam);
        await RunAsync("tall giraffes dislike rain\n", "user", "add", "anna", "--sam", sam);
        await RunAsync("tall giraffes dislike rain\n", "user", "add", "bert", "--sam", sam);

        var everywhere = await RunAsync("739164\n", "pin", "set", "ANNA", "--expires", "2099-01-31", "--sam", sam);
        var trivial = await RunAsync("123456\n", "pin", "set", "bert", "--sam", sam);
        var taken = await RunAsync("739164\n", "pin", "set", "bert", "--scanner", "SS45002", "--sam", sam);
        var removed = await RunAsync("", "pin", "remove", "anna", "--scanner", "SS45001", "--sam", sam);
        var list = await RunAsync("", "pin", "list", "--json", "--sam", sam);
        var never = await RunAsync("739164\n", "pin", "set", "bert", "--expires", "someday", "--sam", sam);
        var nobody = await RunAsync("739164\n", "pin", "set", "nobody", "--sam", sam);

        Assert.True(everywhere.ExitCode == 0, everywhere.Error);
        Assert.Equal("User anna has a new PIN: all scanners in service.\n", everywhere.Output);
        Assert.Equal((2, 2, 0, 2, 2), (trivial.ExitCode, taken.ExitCode, removed.ExitCode, never.ExitCode, nobody.ExitCode));
        Assert.Contains("pin: Guessers would try this", trivial.Error, StringComparison.Ordinal);
        Assert.Contains("in use on SS45002", taken.Error, StringComparison.Ordinal);
        Assert.Contains("write for example 2027-01-31", never.Error, StringComparison.Ordinal);
        Assert.Contains("'slideport user list' lists them", nobody.Error, StringComparison.Ordinal);
        var left = System.Text.Json.Nodes.JsonNode.Parse(list.Output)!.AsArray();
        Assert.Equal(("SS45002", "anna", "2099-02-01T00:00:00+00:00"), ((string)left[0]!["serialNumber"]!, (string)left[0]!["userName"]!, (string)left[0]!["expiresAt"]!));
        Assert.Single(left);
        Assert.DoesNotContain("739164", everywhere.Output + list.Output + taken.Error, StringComparison.Ordinal);
    }

    private async Task<string> ServeAsync()
    {
        _server = SlideportProcess.Start("serve", "--roles", "sam", "--data", Path.Join(_folder, "data"), "--Sam:Address=127.0.0.1", "--Sam:Port=0");
        while (await _server.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                return $"localhost:{match.Groups[1].Value}";
        }

        throw new InvalidOperationException(await _server.StandardError.ReadToEndAsync(Cancel));
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string input, params string[] arguments) =>
        SlideportProcess.RunWithInputAsync(input, [.. arguments, "--data", Path.Join(_folder, "data")]);

    [GeneratedRegex(@"^SAM DataServer listens on .*:(\d+)\. Stop")]
    private static partial Regex Listening();
}
