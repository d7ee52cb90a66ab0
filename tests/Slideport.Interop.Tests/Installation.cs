using Slideport.Protocol.Identity;

namespace Slideport.Interop.Tests;

/// <summary>A data folder with its authority, and the real program serving on it.</summary>
internal sealed class Installation : IDisposable
{
    private static readonly string Program = Path.GetFullPath(Path.Join(
        AppContext.BaseDirectory, "..", "..", "Slideport", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "slideport"));

    private readonly CertificateAuthority _authority;
    private Peer? _server;

    public Installation()
    {
        Folder = Directory.CreateTempSubdirectory("slideport-interop-").FullName;
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(Folder, "identity"));
    }

    public string Folder { get; }

    public int Port { get; } = Peer.FreePort();

    public string Authority => _authority.CertificatePath;

    public string Server => $"localhost:{Port}";

    /// <summary>PEM files of a certificate that lets a peer in as a scanner.</summary>
    public (string Certificate, string Key) ClientFiles(string name)
    {
        _authority.Scanner(name).Dispose();
        return _authority.FilesOf($"scanner-{name}");
    }

    /// <summary>PEM files of a certificate with which a peer can be a server we trust.</summary>
    public (string Certificate, string Key) ServerFiles(string name)
    {
        _authority.Server(name).Dispose();
        return _authority.FilesOf(name);
    }

    public static Task<string> RunAsync(params string[] arguments) => Peer.RunAsync(Program, arguments);

    public async Task ServeAsync(params string[] settings)
    {
        _server = Peer.Start(Program,
        [
            "serve", "--roles", "converter,sam", "--data", Folder, "--Converter:Address=127.0.0.1", $"--Converter:Port={Port}", "--Converter:QuietTime=00:00:01", "--Sam:Address=127.0.0.1", "--Sam:Port=0", "--Time:Port=0",
            "--Web:Address=127.0.0.1", "--Web:Port=0", "--Monitoring:Enabled=false", .. settings,
        ]);
        await _server.WaitForPortAsync(Port);
    }

    /// <summary>Waits for the one SVS that comes out.</summary>
    public async Task<string> DeliveredAsync()
    {
        var images = Path.Join(Folder, "images");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            if (Directory.Exists(images) && Directory.GetFiles(images, "*.svs").Where(f => !Path.GetFileName(f).StartsWith('.')).ToArray() is [var svs])
                return svs;
            Assert.False(patience.IsCancellationRequested, $"No SVS came out: {_server?.Output}");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _server?.Dispose();
        _authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
