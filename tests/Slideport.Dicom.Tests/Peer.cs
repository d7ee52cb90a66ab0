using System.Diagnostics;

namespace Slideport.Dicom.Tests;

/// <summary>A program of others, run as an independent judge of what is written and read here.</summary>
internal static class Peer
{
    /// <summary>What the program prints, errors included; the test is skipped (or fails where CI=true) if it is not installed.</summary>
    public static string Run(string program, params string[] arguments) => Run(program, requiresSuccess: true, arguments);

    private static string Run(string program, bool requiresSuccess, params string[] arguments)
    {
        if (!Path.IsPathRooted(program) && !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Join(d, program)))) Missing.Peer(program);
        if (Path.IsPathRooted(program) && !File.Exists(program)) Missing.Peer(program);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
#pragma warning disable VSTHRD002 // The process has ended, so its output has too.
        output += error.Result;
#pragma warning restore VSTHRD002
        Assert.True(process.ExitCode == 0 || !requiresSuccess, $"{program} {string.Join(' ', arguments)} failed: {output}");
        return output;
    }

    /// <summary>Runs a Python script with pydicom, which Debian's own Python has.</summary>
    public static string Python(string script, params string[] arguments)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python) || !Run(Python, requiresSuccess: false, "-c", "import pydicom; print('found')").Contains("found", StringComparison.Ordinal)) Missing.Peer("python3-pydicom");
        return Run(Python, ["-c", script, .. arguments]);
    }
}
