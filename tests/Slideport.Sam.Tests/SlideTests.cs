using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;

namespace Slideport.Sam.Tests;

/// <summary>Where slides are, how converters are doing, and what is counted.</summary>
public abstract class SlideTests(TestDatabase testDatabase)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_converter_tells_of_a_slide_is_shown_and_what_is_older_changes_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        await converter.TellAsync("conv1", [Report("a", 3, SlideStage.Delivered) with { Path = "S26-1.svs", Bytes = 1000, SerialNumber = "SS1" }, Report("b", 1, SlideStage.Waiting)], Cancel);

        await converter.TellAsync("conv1", [Report("a", 2, SlideStage.Converting)], Cancel);
        await converter.TellAsync("conv1", [Report("a", 4, SlideStage.Verified) with { Path = "S26-1.svs" }], Cancel);
        await converter.TellAsync("conv2", [Report("a", 0, SlideStage.Receiving)], Cancel);

        var slides = await GetAsync(sam, "api/slides");
        Assert.Equal(3, slides.Count);
        var first = slides.Single(s => (string?)s!["converter"] == "conv1" && (string?)s["name"] == "a")!;
        Assert.Equal(("verified", "S26-1.svs", "SS1", 1000L), ((string?)first["stage"], (string?)first["path"], (string?)first["serialNumber"], (long?)first["bytes"]));
        Assert.Equal("b", (string?)Assert.Single(await GetAsync(sam, "api/slides?stage=waiting"))!["name"]);
    }

    [Fact]
    public async Task A_converter_shows_its_room_and_the_days_until_it_is_used_up()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var converter = Converter(sam);
        var now = TimeProvider.System.GetUtcNow();
        await converter.TellAsync("conv1", [Report("a", 3, SlideStage.Verified) with { Bytes = 300, ReceivedAt = now }, Report("b", 3, SlideStage.Verified) with { Bytes = 100, ReceivedAt = now.AddDays(-2) }], Cancel);

        await converter.TellAsync("conv1", new ConverterHealth { ImageStore = "/slides", ImageStoreFreeBytes = 2000, ImageStoreTotalBytes = 9000, SpoolFreeBytes = 1, SpoolTotalBytes = 2 }, Cancel);

        var shown = Assert.Single(await GetAsync(sam, "api/converters"))!;
        Assert.Equal(("conv1", "/slides", 10.0), ((string?)shown["converter"], (string?)shown["health"]!["imageStore"], (double?)shown["places"]![0]!["daysToFull"]));
    }

    [Fact]
    public async Task Images_are_counted_in_the_transaction_that_keeps_them()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), Cancel, async (i, token) => await scanner.PutImageAsync(TestImage.Of($"I{i % 20}") with { ScanSeconds = i % 20 }, token));

        var statistics = Assert.Single(await GetAsync(sam, "api/statistics"))!;

        Assert.Equal(("SS1", 20, 20_000L, 190.0, 19.0), ((string?)statistics["serialNumber"], (int)statistics["images"]!, (long)statistics["bytes"]!, (double)statistics["scanSeconds"]!, (double)statistics["longestScanSeconds"]!));
    }

    [Fact]
    public async Task Heartbeats_leave_time_online_errors_and_clock_offsets()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        foreach (var (state, offset) in new[] { (ScannerState.Idle, 0.2), (ScannerState.Error, -0.4), (ScannerState.Error, 0.1), (ScannerState.Idle, 0.3), (ScannerState.Error, 0.0) })
            await scanner.ReportAsync(new ScannerStatus { State = state, ClockOffsetSeconds = offset }, Cancel);
        await sam.RestartAsync(); // writes down what is in memory

        var statistics = Assert.Single(await GetAsync(sam, "api/statistics?by=hour"))!;

        Assert.Equal((2, 0.0), ((int)statistics["errors"]!, (double)statistics["clockOffsetLast"]!));
        Assert.True((double)statistics["onlineSeconds"]! > 0);
    }

    [Theory]
    [InlineData("api/statistics?by=week", "by")]
    [InlineData("api/slides?stage=lost", "stage")]
    [InlineData("api/statistics?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from")]
    public async Task A_question_that_cannot_be_answered_names_the_field(string path, string field)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var answer = await admin.GetAsync(path, Cancel);

        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains($"\"field\":\"{field}\"", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static SamRoleClient Converter(SamUnderTest sam) => new(sam.Address, sam.Tls(sam.Authority.Client("converter")));

    private static SlideReport Report(string slide, long step, SlideStage stage) => new()
    {
        Slide = slide,
        Step = step,
        Stage = stage,
        Since = Noon,
        Reason = "A sentence.",
        SeriesInstanceUid = "1.2.3",
        ReceivedAt = Noon,
    };

    private static async Task<JsonArray> GetAsync(SamUnderTest sam, string path)
    {
        using var admin = sam.Admin();
        return (await admin.GetFromJsonAsync<JsonArray>(path, Cancel))!;
    }
}

public sealed class SlideTestsOnSqlite() : SlideTests(new OnSqlite());

public sealed class SlideTestsOnPostgreSql(PostgreSqlServer server) : SlideTests(new OnPostgreSql(server));

public sealed class SlideTestsOnSqlServer(SqlServerInstance server) : SlideTests(new OnSqlServer(server));
