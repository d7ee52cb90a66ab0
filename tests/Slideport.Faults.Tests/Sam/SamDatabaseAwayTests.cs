using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Slideport.Database;
using Slideport.Sam.Database;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>The PostgreSQL server that SAM's database is on is stopped, and started again.</summary>
public sealed class SamDatabaseAwayTests(PostgreSqlServer server) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-samaway-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_its_database_is_away_whoever_needs_it_is_asked_to_come_again_and_then_it_goes_on()
    {
        var database = await server.CreateAsync();
        string[] settings = ["--Database:Provider=PostgreSql", $"--Database:ConnectionString={database.ConnectionString}"];
        var data = Path.Join(_root, "data");
        await using (var sam = await SamProcess.StartAsync(data, settings))
        {
            using var laboratory = new Laboratory(data);
            await laboratory.SetUpAsync(sam.Address!);
            using var scanner = laboratory.ScannerHttp(sam.Address!);
            using var admin = laboratory.Admin(sam.Address!);
            Assert.Null(await Refusals.TellAsync(scanner, "A"));

            await server.StopAsync();
            for (var i = 0; i < 3; i++)
                Assert.Contains("does not answer", await Refusals.TellAsync(scanner, "B"), StringComparison.Ordinal);
            using (var response = await admin.GetAsync("api/scanners", Cancel))
                Assert.DoesNotContain("127.0.0.1", await Refusals.SentenceAsync(response), StringComparison.Ordinal);
            using (var heartbeats = laboratory.Scanner(sam.Address!)) // memory answers
                await Laboratory.AcknowledgeConfigurationAsync(heartbeats);

            await Laboratory.UntilAsync(() => Task.FromResult(Failures(sam).Any(line => line.Contains("tell what is wrong", StringComparison.Ordinal))));
            await server.StartAgainAsync();
            await Laboratory.UntilAsync(async () => await Refusals.TellAsync(scanner, "B") is null);
            // What could not be told meanwhile is told now: one problem for all the work that waited, and in the log one line for each.
            await Laboratory.UntilAsync(async () => (await HousekeepingAsync(admin)).Length > 0);
            Assert.Equal([$"{Environment.MachineName}/database"], await HousekeepingAsync(admin));
            Assert.Distinct(Failures(sam));

            await server.StopAsync();
            using (var heartbeats = laboratory.Scanner(sam.Address!))
                await Laboratory.AcknowledgeConfigurationAsync(heartbeats);
            Assert.Equal(0, await sam.StopAsync());
            Assert.Contains(sam.Lines, line => line.Contains("could not write down", StringComparison.Ordinal));
        }

        await using (var sam = await SamProcess.StartAsync(data, settings))
        {
            Assert.Equal(3, await sam.WaitAsync());
            Assert.Single(sam.Lines, line => line.StartsWith("slideport: ", StringComparison.Ordinal) && line.Contains("database", StringComparison.Ordinal));
        }

        await server.StartAgainAsync();
        await using (var sam = await SamProcess.StartAsync(data, settings))
            Assert.Equal(0, await sam.StopAsync());
        Assert.Equal(["A", "B"], await ImagesAsync(database));
        Assert.Empty(await SamMaintenance.Of(database).CheckAsync(Cancel));
    }

    // What the log says SAM cannot do, without why.
    private static IEnumerable<string> Failures(SamProcess sam) =>
        sam.Lines.Where(line => line.Contains("SAM cannot ", StringComparison.Ordinal) && line.Contains(", and tries again", StringComparison.Ordinal)).Select(line => line[line.IndexOf("SAM cannot ", StringComparison.Ordinal)..line.IndexOf(", and tries again", StringComparison.Ordinal)]);

    private static async Task<string[]> HousekeepingAsync(HttpClient admin) =>
        [.. (await admin.GetFromJsonAsync<JsonArray>("api/alerts", Cancel))!.Where(a => (string?)a!["kind"] == "housekeeping.failed").Select(a => (string)a!["subject"]!)];

    private static async Task<List<string>> ImagesAsync(DatabaseOptions database)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand("SELECT \"ImageId\" FROM \"Images\" ORDER BY \"ImageId\"", connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var images = new List<string>();
        while (await reader.ReadAsync(Cancel))
            images.Add(reader.GetString(0));
        return images;
    }
}
