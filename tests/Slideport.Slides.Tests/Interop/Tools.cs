using System.Collections.Concurrent;
using System.Diagnostics;
using NetVips;

namespace Slideport.Slides.Tests.Interop;

/// <summary>
/// The real programs that judge our files. One that is not installed skips the test with the reason, and fails it where CI=true; one that
/// is installed but fails is a failure anywhere.
/// </summary>
internal static class Tools
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Runs a program to its end; standard output and standard error.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string program, params string[] arguments)
    {
        RequireProgram(program);
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var cancellation = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>
    /// Runs a Python script with Debian's interpreter; it must succeed without a word on standard error but libtiff's two harmless ones:
    /// a 4:4:4 page without tag 530, a tile size that is no multiple of 16.
    /// </summary>
    public static async Task<string> PythonAsync(string module, string script, params string[] arguments)
    {
        RequireProgram(Python);
        if (!await Modules.GetOrAdd(module, ImportsAsync)) Absent($"Python module {module}");
        var (code, output, errors) = await RunAsync(Python, ["-c", script, .. arguments]);
        Assert.True(code == 0 && WithoutHarmless(errors).Length == 0, $"{module}: exit {code}\n{errors}");
        return output;
    }

    /// <summary>What libtiff says beyond the warnings every page of 4:4:4 or of odd tile sizes gets.</summary>
    public static string WithoutHarmless(string errors) => string.Concat(errors.Split('\n').Where(line =>
        !line.Contains("Auto-corrected former TIFF subsampling values", StringComparison.Ordinal) && !line.Contains("Nonstandard tile", StringComparison.Ordinal)));

    public static void RequireVips()
    {
        if (!ModuleInitializer.VipsInitialized) Absent("libvips");
    }

    private static readonly ConcurrentDictionary<string, Task<bool>> Modules = new();

    private static async Task<bool> ImportsAsync(string module) => (await RunAsync(Python, "-c", $"import {module}")).ExitCode == 0;

    private static void RequireProgram(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!Path.IsPathRooted(program) && !folders.Any(folder => File.Exists(Path.Join(folder, program)))) Absent(program);
        if (Path.IsPathRooted(program) && !File.Exists(program)) Absent(program);
    }

    private static void Absent(string tool)
    {
        var reason = $"{tool} is not installed.";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Skip(reason);
    }
}
