using System.Globalization;
using System.Text.RegularExpressions;

namespace Slideport.Faults.Tests.Sam;

/// <summary><c>slideport serve</c> with SAM alone, on free loopback ports, as a process of its own that may be killed.</summary>
internal sealed partial class SamProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private SamProcess(ChildProcess process, Uri? address) => (_process, Address) = (process, address);

    /// <summary>Where machines reach it; null when it ended before it listened.</summary>
    internal Uri? Address { get; }

    internal IReadOnlyCollection<string> Lines => _process.Lines;

    /// <summary>Starts it, and waits until it listens or has ended.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="settings">Further settings.</param>
    /// <param name="strace">Options of strace, whose counts are per thread; none leaves it out.</param>
    internal static async Task<SamProcess> StartAsync(string data, IReadOnlyList<string>? settings = null, params IReadOnlyList<string> strace)
    {
        var process = new ChildProcess(
            [
                Path.Join(AppContext.BaseDirectory, "slideport"), "serve", "--roles", "sam", "--data", data, "--Sam:Address=127.0.0.1", "--Sam:Port=0",
                "--Web:Address=127.0.0.1", "--Web:Port=0", "--Time:Serve=false", "--Monitoring:Enabled=false", .. settings ?? [],
            ],
            strace,
            "SAM DataServer listens on ");
        try
        {
            var line = await process.FindAsync();
            return new SamProcess(process, line is null ? null : new Uri($"https://localhost:{Port().Match(line).Groups[1].Value}"));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL.</summary>
    internal Task KillAsync() => _process.EndAsync("KILL");

    /// <summary>SIGTERM.</summary>
    /// <returns>Exit code.</returns>
    internal Task<int> StopAsync() => _process.EndAsync("TERM");

    /// <summary>Waits for its own end.</summary>
    /// <returns>Exit code.</returns>
    internal Task<int> WaitAsync() => _process.WaitAsync();

    /// <summary>From here on calls fail as strace is told, until what is returned is disposed of.</summary>
    internal async Task<IAsyncDisposable> FailAsync(params IReadOnlyList<string> strace)
    {
        var tracer = new ChildProcess(["strace", "-f", .. strace, "-o", "/dev/null", "-p", _process.Id.ToString(CultureInfo.InvariantCulture)], [], "strace: Process ");
        if (await tracer.FindAsync() is not null)
            return new Fault(tracer);
        await tracer.DisposeAsync();
        throw new InvalidOperationException(string.Join('\n', tracer.Lines));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex("^SAM DataServer listens on 127[.]0[.]0[.]1:([0-9]+)[.]")]
    private static partial Regex Port();

    // SIGTERM has strace let go of its process; SIGKILL would take it along.
    private sealed class Fault(ChildProcess tracer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await tracer.EndAsync("TERM");
            await tracer.DisposeAsync();
        }
    }
}
