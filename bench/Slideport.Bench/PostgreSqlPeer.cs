using System.Globalization;

namespace Slideport.Bench;

/// <summary>A PostgreSQL of the benchmark's own on a loopback port, as Debian sets one up, but for what is of no concern to questions (fsync).</summary>
internal sealed class PostgreSqlPeer : IDisposable
{
    private readonly string _folder;
    private readonly int _port;
    private readonly ChildProcess _server;

    private PostgreSqlPeer(string folder, int port, ChildProcess server) => (_folder, _port, _server) = (folder, port, server);

    private static string? Programs => Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Order().LastOrDefault() : null;

    /// <summary>What cannot be measured here without; null: it is all there.</summary>
    internal static string? Missing => Programs is not null ? null : "PostgreSQL is not installed here";

    internal string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres");

    internal static async Task<PostgreSqlPeer> StartAsync(CancellationToken cancellationToken)
    {
        // Of a user who may not see root's own folders.
        var folder = Directory.CreateTempSubdirectory("slideport-bench-").FullName;
        var (data, port) = (Path.Join(folder, "data"), ChildProcess.FreePort());
        if (Environment.UserName == "root")
            await ChildProcess.RunAsync("chown", ["postgres", folder], cancellationToken);
        var (init, initArguments) = AsPostgres("initdb", ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
        await ChildProcess.RunAsync(init, initArguments, cancellationToken);
        var (serve, serveArguments) = AsPostgres("postgres", ["-D", data, "-F", "-h", "127.0.0.1", "-k", "", "-p", port.ToString(CultureInfo.InvariantCulture)]);
        var server = ChildProcess.Start(serve, serveArguments);
        await server.WaitForPortAsync(port, cancellationToken);
        return new PostgreSqlPeer(folder, port, server);
    }

    /// <summary>Runs a file of SQL, then what autovacuum does some minutes after so many rows: it knows what is where, and which pages an index alone answers for.</summary>
    internal Task RunAsync(string file, CancellationToken cancellationToken) => ChildProcess.RunAsync(
        "psql",
        ["-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-f", file, "-c", "VACUUM (ANALYZE)"],
        cancellationToken);

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // It refuses to run as root.
    private static (string Program, IReadOnlyList<string> Arguments) AsPostgres(string name, string[] arguments)
    {
        var program = Path.Join(Programs, "bin", name);
        return Environment.UserName == "root" ? ("runuser", ["-u", "postgres", "--", program, .. arguments]) : (program, arguments);
    }
}
