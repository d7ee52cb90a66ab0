using System.Diagnostics;
using System.Globalization;

namespace Slideport.Faults.Tests;

/// <summary>The converter as a process of its own, under strace where a fault is wanted.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, int? port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>Where it listens; null when it was killed before it did.</summary>
    internal int? Port { get; }

    /// <summary>Starts it and waits for its port.</summary>
    /// <param name="folder">Its data.</param>
    /// <param name="strace">Options of strace; none runs it plainly.</param>
    internal static async Task<ServerProcess> StartAsync(string folder, params string[] strace)
    {
        string[] server = [Environment.ProcessPath!, "serve", folder];
        string[] command = strace.Length == 0 ? server : ["strace", "-f", "-qq", .. strace, .. server];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return new ServerProcess(process, line is null ? null : int.Parse(line, CultureInfo.InvariantCulture));
    }

    /// <summary>Lets it end in order.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
