using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Slideport.Faults.Tests.Sam;

/// <summary>
/// A process of ours, from its first instruction under strace where a fault is wanted. Whatever a test does, every wait for it ends, and so does
/// it.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>How long anything is waited for; on a busy machine a start takes many seconds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<string?> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="command">Program and arguments.</param>
    /// <param name="strace">Options of strace; none leaves it out.</param>
    /// <param name="landmark">The line that is waited for begins so.</param>
    internal ChildProcess(IReadOnlyList<string> command, IReadOnlyList<string> strace, string landmark)
    {
        // -D: the process that is started is the program, and strace its child, gone with it.
        string[] all = strace.Count == 0 ? [.. command] : ["strace", "-D", "-f", "-qq", .. strace, .. command];
        var start = new ProcessStartInfo(all[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in all[1..])
            start.ArgumentList.Add(argument);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data, landmark);
        _process.ErrorDataReceived += (_, line) => Take(line.Data ?? "", landmark);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal int Id => _process.Id;

    /// <summary>What it has printed, standard output and error.</summary>
    internal IReadOnlyCollection<string> Lines => _lines;

    internal bool HasExited => _process.HasExited;

    /// <summary>The line that is waited for; null when it ended without one.</summary>
    internal Task<string?> FindAsync() => _found.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    /// <summary>Sends a signal, and waits for the end.</summary>
    /// <returns>Exit code.</returns>
    internal async Task<int> EndAsync(string signal)
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        return await WaitAsync();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Exit code.</returns>
    internal async Task<int> WaitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await WaitAsync();
        _process.Dispose();
    }

    private void Take(string? line, string landmark)
    {
        if (line is null)
        {
            _found.TrySetResult(null);
            return;
        }

        _lines.Enqueue(line);
        if (line.Length > 0 && line.StartsWith(landmark, StringComparison.Ordinal))
            _found.TrySetResult(line);
    }
}
