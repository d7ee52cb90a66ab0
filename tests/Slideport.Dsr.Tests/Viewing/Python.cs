using System.Diagnostics;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>Debian's Python, whose modules judge what we show. Where it or a module is missing the test is skipped, and fails where CI=true.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";

    internal static async Task<string> RunAsync(string modules, string script, params string[] arguments)
    {
        if (!File.Exists(Program) || (await StartAsync($"import {modules}", [])).ExitCode != 0)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", $"Python with {modules} is not installed.");
            Assert.Fail($"Python with {modules} is not installed.");
        }

        var (code, output, errors) = await StartAsync(script, arguments);
        Assert.True(code == 0, errors);
        return output.Trim();
    }

    private static async Task<(int ExitCode, string Output, string Errors)> StartAsync(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, errors);
    }
}
