using System.Diagnostics;

namespace Slideport.Tests.Monitoring;

/// <summary>Prometheus' own judge of what it is given: a reader that shares no code with us.</summary>
internal static class Promtool
{
    private const string Program = "/usr/bin/promtool";

    /// <summary>Skips the test where there is none; fails it in continuous integration.</summary>
    public static void Require()
    {
        if (File.Exists(Program))
            return;
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "promtool is not installed (./test installs it)");
        Assert.Fail("promtool is not installed, and CI promises it.");
    }

    /// <summary>Runs it to its end; the test fails with what it printed when it is not content.</summary>
    public static async Task JudgeAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var promtool = Process.Start(start)!;
        var output = promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await promtool.StandardInput.WriteAsync(input);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(promtool.ExitCode == 0, await output + await error);
    }
}
