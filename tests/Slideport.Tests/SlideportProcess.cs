using System.Diagnostics;

namespace Slideport.Tests;

/// <summary>Runs the real program, as a user's shell would.</summary>
internal static class SlideportProcess
{
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "slideport");

    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => EndAsync(Start(arguments));

    /// <summary>Runs it with something on its standard input.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunWithInputAsync(string input, params string[] arguments)
    {
        var process = StartWithInput(arguments);
        await process.StandardInput.WriteAsync(input.AsMemory(), TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        return await EndAsync(process);
    }

    private static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process started)
    {
        using var process = started;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it; the caller reads what it prints.</summary>
    public static Process Start(params string[] arguments) => Start(arguments, withInput: false);

    /// <summary>Starts it; the caller also writes what it reads.</summary>
    public static Process StartWithInput(params string[] arguments) => Start(arguments, withInput: true);

    private static Process Start(string[] arguments, bool withInput)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = withInput };
        // Free ports on loopback, whatever else runs on this machine.
        (start.Environment["SLIDEPORT__Web__Address"], start.Environment["SLIDEPORT__Web__Port"]) = ("127.0.0.1", "0");
        // Tests run side by side; those of monitoring switch it on, on a free port.
        start.Environment["SLIDEPORT__Monitoring__Enabled"] = "false";
        start.Environment["SLIDEPORT__Time__Port"] = "0";
        foreach (var port in new[] { "Port", "WebPort" })
            start.Environment["SLIDEPORT__Dsr__" + port] = "0";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
