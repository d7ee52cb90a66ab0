using System.Diagnostics;

namespace Slideport.Files.Tests;

/// <summary>Runs this executable as a child whose system calls fail as a test wants.</summary>
internal static class Strace
{
    /// <summary>The child's line of outcome; skips the test where strace cannot be used.</summary>
    internal static async Task<string> RunAsync(string operation, string injection, string folder)
    {
        var (line, error) = await StartAsync(["-f", "-qq", "-o", "/dev/null", "-e", $"inject={injection}"], operation, folder);
        if (line.Length == 0)
            SkipUnlessContinuousIntegration($"the child under strace said nothing: {error}");
        return line;
    }

    private static async Task<(string Line, string Error)> StartAsync(string[] options, string operation, string folder)
    {
        var start = new ProcessStartInfo("strace") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[.. options, Environment.ProcessPath!, "fault", operation, folder])
            start.ArgumentList.Add(argument);
        try
        {
            using var child = Process.Start(start)!;
            var error = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var line = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (line.Trim(), await error);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return ("", e.Message);
        }
    }

    private static void SkipUnlessContinuousIntegration(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }
}
