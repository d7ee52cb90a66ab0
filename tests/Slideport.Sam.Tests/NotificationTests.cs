using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;

namespace Slideport.Sam.Tests;

/// <summary>One message when something begins to need somebody, one when it is over, none in between.</summary>
public abstract class NotificationTests(TestDatabase testDatabase) : IDisposable
{
    private static readonly Problem Offline = new(ProblemKinds.ScannerOffline, "SS1", "Scanner SS1 has not been heard of.");

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-notify-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_problem_is_told_once_when_it_begins_and_once_when_it_has_been_over_for_a_minute()
    {
        var (databases, board) = await BoardAsync();

        await UpdateAsync(board, 5, Offline);
        await UpdateAsync(board, 100, Offline);
        Assert.Equal(["started"], await MessagesAsync(databases));
        await UpdateAsync(board, 5);
        await UpdateAsync(board, 50);
        Assert.Equal(["started"], await MessagesAsync(databases));
        await UpdateAsync(board, 10);

        Assert.Equal(["started", "cleared"], await MessagesAsync(databases));
    }

    [Fact]
    public async Task A_problem_that_flickers_is_counted_and_not_told_again()
    {
        var (databases, board) = await BoardAsync();

        for (var i = 0; i < 5; i++)
        {
            await UpdateAsync(board, 5, Offline);
            await UpdateAsync(board, 30);
        }

        Assert.Equal(["started"], await MessagesAsync(databases));
        await using var database = databases.CreateDbContext();
        Assert.Equal(5, (await database.Alerts.SingleAsync(Cancel)).Count);
    }

    [Fact]
    public async Task What_is_muted_is_told_when_the_time_is_over_and_it_is_still_wrong()
    {
        var (databases, board) = await BoardAsync();
        await UpdateAsync(board, 5, Offline);
        await using (var database = databases.CreateDbContext())
            Assert.True(await board.MuteAsync((await database.Alerts.SingleAsync(Cancel)).Id, _time.GetUtcNow().AddHours(1), new Actor("user:a", ""), Cancel));

        await UpdateAsync(board, 1800, Offline);
        Assert.Equal(["started"], await MessagesAsync(databases));
        await UpdateAsync(board, 1801, Offline);

        Assert.Equal(["started", "started"], await MessagesAsync(databases));
    }

    [Fact]
    public async Task What_is_over_while_it_is_muted_is_not_told()
    {
        var (databases, board) = await BoardAsync();
        await UpdateAsync(board, 5, Offline);
        await using (var database = databases.CreateDbContext())
            await board.MuteAsync((await database.Alerts.SingleAsync(Cancel)).Id, _time.GetUtcNow().AddHours(1), new Actor("user:a", ""), Cancel);

        await UpdateAsync(board, 60);
        await UpdateAsync(board, 61);

        Assert.Equal(["started"], await MessagesAsync(databases));
        await using var after = databases.CreateDbContext();
        Assert.NotNull((await after.Alerts.SingleAsync(Cancel)).ClearedAt);
    }

    [Fact]
    public async Task A_webhook_gets_each_message_signed_and_again_under_the_same_key_until_it_takes_it()
    {
        await using var listener = await WebhookListener.StartAsync();
        listener.Refusals = 1;
        var secret = Path.Join(_folder, "secret");
        await File.WriteAllTextAsync(secret, "of the lab\n", Cancel);
        await using var sam = await SamUnderTest.StartAsync(testDatabase, new NotificationOptions { WebhookUrl = listener.Url, WebhookSecretFile = secret });
        await TellProblemAsync(sam);

        while (listener.Posts.Count < 2)
            await Task.Delay(50, Cancel);

        var posts = listener.Posts.ToArray();
        Assert.Equal(posts[0].Key, posts[1].Key);
        var message = JsonNode.Parse(posts[1].Body)!;
        Assert.Equal(("started", "imagestore.unreachable", "conv1"), ((string?)message["what"], (string?)message["kind"], (string?)message["subject"]));
        var parts = posts[1].Signature.Split(',');
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes("of the lab"), Encoding.UTF8.GetBytes($"{parts[0]["t=".Length..]}.{posts[1].Body}"));
        Assert.Equal("v1=" + Convert.ToHexStringLower(expected), parts[1]);
    }

    [Fact]
    public async Task Mail_says_what_is_wrong_in_its_subject_and_why_in_its_text()
    {
        using var listener = new MailListener();
        await using var sam = await SamUnderTest.StartAsync(
            testDatabase, new NotificationOptions { SmtpServer = $"127.0.0.1:{listener.Port}", SmtpTls = false, From = "slideport@lab.example", To = ["it@lab.example"] });
        await TellProblemAsync(sam);

        while (listener.Mails.IsEmpty)
            await Task.Delay(50, Cancel);

        var mail = listener.Mails.First();
        Assert.Contains("Subject: [Slideport] started: imagestore.unreachable conv1", mail, StringComparison.Ordinal);
        Assert.Contains("it is not mounted", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_needs_somebody_is_found()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await sam.EnrolScannerAsync("SS1");
        using var converter = Converter(sam);
        var now = TimeProvider.System.GetUtcNow();
        await converter.TellAsync("conv1", [new SlideReport { Slide = "a", Step = 1, Stage = SlideStage.Failed, Since = now, Reason = "It cannot become an SVS.", SeriesInstanceUid = "1.2", ReceivedAt = now }], Cancel);
        await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/s", ImageStoreFreeBytes = 5, ImageStoreTotalBytes = 100, SpoolFreeBytes = 50, SpoolTotalBytes = 100 }, Cancel);
        await using (var database = sam.Databases.CreateDbContext())
        {
            await database.Certificates.ExecuteUpdateAsync(c => c.SetProperty(x => x.NotAfter, now.AddDays(20)), Cancel);
            await database.Scanners.ExecuteUpdateAsync(s => s.SetProperty(x => x.LastHeardAt, now.AddHours(-1)).SetProperty(x => x.Status, "{\"state\":\"idle\"}"), Cancel);
        }

        var alerts = await AlertsAsync(sam, 4);

        Assert.Equal(
            ["certificate.expiring scanner:SS1@30", "disk.low conv1/imagestore", "scanner.offline SS1", "slide.failed conv1/a"],
            alerts.Select(a => $"{a!["kind"]} {a["subject"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Muting_takes_a_time_that_is_to_come_and_an_alert_that_is_open()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await TellProblemAsync(sam);
        var id = (long)(await AlertsAsync(sam, 1))[0]!["id"]!;
        using var admin = sam.Admin();
        async Task<HttpStatusCode> MuteAsync(long alert, DateTimeOffset until)
        {
            using var response = await admin.PostAsJsonAsync($"api/alerts/{alert}/mute", new { until }, Cancel);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, await MuteAsync(id, TimeProvider.System.GetUtcNow().AddHours(-1)));
        Assert.Equal(HttpStatusCode.NotFound, await MuteAsync(id + 1000, TimeProvider.System.GetUtcNow().AddHours(1)));
        Assert.Equal(HttpStatusCode.NoContent, await MuteAsync(id, TimeProvider.System.GetUtcNow().AddHours(1)));
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static SamRoleClient Converter(SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("converter")));

    private static async Task TellProblemAsync(SamUnderTest sam)
    {
        using var converter = Converter(sam);
        await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/slides", ImageStoreProblem = "it is not mounted", SpoolFreeBytes = 50, SpoolTotalBytes = 100 }, Cancel);
    }

    private static async Task<JsonArray> AlertsAsync(SamUnderTest sam, int count)
    {
        using var admin = sam.Admin();
        while (true)
        {
            var alerts = (await admin.GetFromJsonAsync<JsonArray>("api/alerts", Cancel))!;
            if (alerts.Count >= count)
                return alerts;
            await Task.Delay(50, Cancel);
        }
    }

    private static async Task<IEnumerable<string>> MessagesAsync(SamDatabases databases)
    {
        await using var database = databases.CreateDbContext();
        return (await database.Notifications.OrderBy(n => n.Id).Select(n => n.Body).ToListAsync(Cancel)).Select(b => (string)JsonNode.Parse(b)!["what"]!);
    }

    private async Task UpdateAsync(AlertBoard board, int secondsLater, params Problem[] problems)
    {
        _time.Advance(TimeSpan.FromSeconds(secondsLater));
        await board.UpdateAsync(new Findings(problems, []), Cancel);
    }

    private async Task<(SamDatabases Databases, AlertBoard Board)> BoardAsync()
    {
        var databases = new SamDatabases(await testDatabase.CreateAsync(_folder));
        return (databases, new AlertBoard(new SamWriter(databases, _time), [WebhookChannel.Name]));
    }
}

public sealed class NotificationTestsOnSqlite() : NotificationTests(new OnSqlite());

public sealed class NotificationTestsOnPostgreSql(PostgreSqlServer server) : NotificationTests(new OnPostgreSql(server));

public sealed class NotificationTestsOnSqlServer(SqlServerInstance server) : NotificationTests(new OnSqlServer(server));
