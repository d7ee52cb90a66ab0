using System.Globalization;

namespace Slideport.Bench;

/// <summary>A <c>slideport serve</c> of its own, stopped and its spool removed when disposed.</summary>
internal sealed class Served : IDisposable
{
    private readonly string _data;

    private Served(ChildProcess process, int port, string data) => (Process, Port, _data) = (process, port, data);

    public ChildProcess Process { get; }

    public int Port { get; }

    /// <summary>Starts a server on a data folder, with the identity of the benchmark, and waits until it accepts.</summary>
    public static async Task<Served> StartAsync(string program, string data, string identityOf, string[] settings, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(data);
        var port = ChildProcess.FreePort();
        var process = ChildProcess.Start(program,
        [
            "serve", "--roles", "converter", "--data", identityOf, "--Converter:Address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--Converter:Port={port}"),
            $"--Converter:SpoolFolder={Path.Join(data, "spool")}", $"--ImageStore:Location={Path.Join(data, "images")}", "--Converter:FileNameTemplate={SeriesUid}", "--Monitoring:Port=0", .. settings,
        ]);
        await process.WaitForPortAsync(port, cancellationToken);
        return new Served(process, port, data);
    }

    public void Dispose()
    {
        Process.Dispose();
        var spool = Path.Join(_data, "spool");
        if (Directory.Exists(spool))
            Directory.Delete(spool, recursive: true);
    }
}
