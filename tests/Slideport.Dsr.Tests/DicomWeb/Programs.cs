using System.ComponentModel;
using System.Diagnostics;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>Programs of others as judges and clients. Where one is missing the test is skipped, and fails where CI=true.</summary>
internal static class Programs
{
    /// <summary>What a program says; it must end well.</summary>
    internal static async Task<string> RunAsync(string program, IReadOnlyDictionary<string, string>? environment = null, string? folder = null, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Start(start);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program}: {output} {await errors}");
        return output + await errors;
    }

    /// <summary>Skips, or fails where CI=true.</summary>
    internal static void Missing(string what)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", $"Missing: {what}");
        Assert.Fail($"Missing: {what}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Missing(start.FileName);
            throw;
        }
    }
}
