using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Slideport.Database;

[assembly: AssemblyFixture(typeof(Slideport.Sam.Tests.PostgreSqlServer))]

namespace Slideport.Sam.Tests;

/// <summary>A real PostgreSQL of our own on a free loopback port, with its files in a temporary folder; started when the first test asks.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private const string UpToDate = "sam_up_to_date";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private string? _folder;
    private string? _programs;
    private Process? _server;
    private int _port;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A new database, up to date.</summary>
    internal Task<DatabaseOptions> CreateAsync() => CreateAsync("TEMPLATE " + UpToDate);

    /// <summary>A new database without a table.</summary>
    internal Task<DatabaseOptions> CreateEmptyAsync() => CreateAsync("");

    private async Task<DatabaseOptions> CreateAsync(string template)
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_server is null)
                await StartAsync();
        }
        finally
        {
            _gate.Release();
        }

        var name = $"sam_{Guid.NewGuid():n}";
        await CreateAsync(name, template);
        return new DatabaseOptions { Provider = DatabaseProvider.PostgreSql, ConnectionString = ConnectionString(name) };
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await StopAsync();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
        _gate.Dispose();
    }

    /// <summary>Stops it; who is connected is cut off.</summary>
    internal async Task StopAsync()
    {
        NpgsqlConnection.ClearAllPools();
        // The postmaster, by its own word; the process started is the one that changed the user.
        var postmaster = int.Parse(File.ReadLines(Path.Join(_folder, "data/postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var fast = Process.Start("kill", ["-INT", postmaster.ToString(CultureInfo.InvariantCulture)]);
        await fast.WaitForExitAsync();
        await _server!.WaitForExitAsync();
        _server.Dispose();
        _server = null;
    }

    /// <summary>Starts what was stopped: the same databases on the same port.</summary>
    internal async Task StartAgainAsync()
    {
        // Nothing here outlives the machine (-F). Each test has a database and a pool of its own, which keeps connections for a while.
        _server = Start("runuser", "-u", "postgres", "--", Path.Join(_programs, "bin/postgres"), "-D", Path.Join(_folder, "data"), "-F", "-h", "127.0.0.1", "-k", "", "-N", "1000", "-p", _port.ToString(CultureInfo.InvariantCulture));
        while (!await AnswersAsync())
        {
            Assert.False(_server.HasExited, "PostgreSQL ended before it answered.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private async Task StartAsync()
    {
        _programs = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Order().LastOrDefault() : null;
        if (_programs is null)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "PostgreSQL is not installed (Debian package postgresql).");
            Assert.Fail("PostgreSQL is not installed (Debian package postgresql).");
        }

        _folder = Directory.CreateTempSubdirectory("slideport-postgres-").FullName;
        var data = Path.Join(_folder, "data");
        await RunAsync("chown", "postgres", _folder);
        await RunAsync("runuser", "-u", "postgres", "--", Path.Join(_programs, "bin/initdb"), "-D", data, "-A", "trust", "-E", "UTF8", "--no-sync");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        await StartAgainAsync();
        await CreateAsync(UpToDate, "");
        await TestTables.Of(new DatabaseOptions { Provider = DatabaseProvider.PostgreSql, ConnectionString = ConnectionString(UpToDate) + ";Pooling=False" })
            .UpdateAsync(TestContext.Current.CancellationToken);
    }

    private async Task CreateAsync(string name, string template)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name} {template}", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Maximum Pool Size=20");

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)} exited with {process.ExitCode}.");
    }
}
