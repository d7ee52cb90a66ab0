using System.Diagnostics;
using System.Globalization;

namespace Slideport.Faults.Tests;

/// <summary>The converter as a process of its own, under strace where a fault is wanted.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private Process? _tracer;

    private ServerProcess(Process process, int? port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>Where it listens; null when it was killed before it did.</summary>
    internal int? Port { get; }

    /// <summary>Starts it, waits for its port, and then lets strace count and inject: the start itself is not what is tested.</summary>
    /// <param name="folder">Its data.</param>
    /// <param name="strace">Options of strace, whose counts are per thread; none leaves it alone.</param>
    internal static async Task<ServerProcess> StartAsync(string folder, params string[] strace)
    {
        var process = Start([Environment.ProcessPath!, "serve", folder]);
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var server = new ServerProcess(process, line is null ? null : int.Parse(line, CultureInfo.InvariantCulture));
        if (strace.Length > 0)
        {
            server._tracer = Start(["strace", "-f", .. strace, "-p", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await server._tracer.StandardError.ReadLineAsync(TestContext.Current.CancellationToken); // "Process N attached"
        }

        return server;
    }

    /// <summary>Skips the test where there is no strace; fails it in continuous integration.</summary>
    internal static void RequireStrace()
    {
        if (OperatingSystem.IsLinux() && File.Exists("/usr/bin/strace"))
            return;
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "needs strace");
        Assert.Fail("strace is not installed");
    }

    /// <summary>Lets strace go: from here on nothing fails any more.</summary>
    internal async Task EndFaultAsync()
    {
        using (var kill = Start(["kill", _tracer!.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _tracer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Lets it end in order.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        if (_tracer is null)
            return;
        await _tracer.WaitForExitAsync(CancellationToken.None);
        _tracer.Dispose();
    }
}
