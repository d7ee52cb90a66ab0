using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Status;
using Slideport.Protocol.Time;
using Slideport.Sam.Time;

namespace Slideport.Sam.Tests.Time;

/// <summary>The lab's time as SAM gives it, watches it and is asked about it.</summary>
public abstract class TimeServiceTests(TestDatabase testDatabase)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SAM_serves_the_time_unless_it_is_told_not_to()
    {
        await using var serving = await SamUnderTest.StartAsync(testDatabase);
        await using var silent = await SamUnderTest.StartAsync(testDatabase, adjust: options => options with { Time = new TimeOptions { Serve = false } });

        var measured = await new NtpClient(TimeProvider.System).MeasureAsync("127.0.0.1", serving.Role.TimeEndPoint!.Port, TimeSpan.FromSeconds(30), Cancel);

        Assert.Equal(5, measured.Stratum);
        Assert.Null(silent.Role.TimeEndPoint);
    }

    [Fact]
    public async Task SAM_does_not_start_without_the_port_it_was_told_to_serve_time_on()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var error = await Assert.ThrowsAsync<IOException>(() => SamUnderTest.StartAsync(
            testDatabase, adjust: options => options with { Time = new TimeOptions { Port = ((IPEndPoint)taken.LocalEndPoint!).Port } }));

        Assert.Contains("--Time:Serve=false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_of_SAMs_machine_that_nobody_sets_is_told_after_five_minutes()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var sam = await SamUnderTest.StartAsync(testDatabase, time: time, kernelClock: () => new KernelClock(TimeSpan.FromSeconds(16), false, false));
        var before = await AlertsAsync(sam);

        var alert = await UntilAsync(sam, time, TimeSpan.FromSeconds(10), a => a.Count == 1);

        Assert.Empty(before);
        Assert.Equal(("sam.clock", Environment.MachineName), ((string?)alert[0]!["kind"], (string?)alert[0]!["subject"]));
        Assert.Contains("stratum 10", (string?)alert[0]!["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scanner_whose_clock_is_off_by_more_than_its_threshold_is_told()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var (other, _) = await sam.EnrolScannerAsync("SS2");
        await ConfigureAsync(sam, "defaults", new { time = new { warnOffsetSeconds = 2 } });
        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ClockOffsetSeconds = -2.5 }, Cancel);
        await other.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ClockOffsetSeconds = 1.5 }, Cancel);

        var alerts = await UntilAsync(sam, null, TimeSpan.Zero, a => a.Count == 1);

        Assert.Equal(("scanner.clock", "SS1"), ((string?)alerts[0]!["kind"], (string?)alerts[0]!["subject"]));
        Assert.Contains("off by -2.5 s; more than 2 s", (string?)alerts[0]!["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_of_a_scanners_clock_keeps_what_came_and_went_between_two_writings()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, certificate) = await sam.EnrolScannerAsync("SS1");
        foreach (var offset in new double?[] { 0.2, -5, 7, 0.1, null })
            await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ClockOffsetSeconds = offset }, Cancel);
        await sam.RestartAsync(); // writes down what is in memory
        using (var again = new SamClient(sam.Address, sam.Tls(certificate)))
            await again.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ClockOffsetSeconds = 0.3 }, Cancel);
        await sam.RestartAsync();

        using var admin = sam.Admin();
        var hours = (await admin.GetFromJsonAsync<JsonArray>("api/statistics?by=day&serialNumber=SS1", Cancel))!;

        Assert.Equal(-5, hours.Min(h => (double)h!["clockOffsetMin"]!));
        Assert.Equal(7, hours.Max(h => (double)h!["clockOffsetMax"]!));
        Assert.Equal(0.3, (double)hours[^1]!["clockOffsetLast"]!);
    }

    [Fact]
    public async Task A_test_of_the_configuration_asks_the_time_server_and_tells_its_offset()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        await using var ahead = await SamUnderTest.StartAsync(testDatabase, time: new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1)));

        var own = await TestTimeAsync(sam, "", sam.Role.TimeEndPoint!.Port);
        var wrongPort = await TestTimeAsync(sam, "", 1);
        var wrongClock = await TestTimeAsync(sam, "127.0.0.1", ahead.Role.TimeEndPoint!.Port);
        var nobody = await TestTimeAsync(sam, "no-such-host.invalid", 123);

        Assert.Matches(@"^True Answers at stratum 5: 0\.\d{3} s (ahead of|behind) SAM's clock", own);
        Assert.StartsWith($"False No answer; SAM itself serves time on UDP port {sam.Role.TimeEndPoint.Port}", wrongPort, StringComparison.Ordinal);
        Assert.Matches(@"^False Answers at stratum 5: 3\d{3}\.\d{3} s ahead of SAM's clock.*more than time.warnOffsetSeconds", wrongClock);
        Assert.Contains("cannot be looked up", nobody, StringComparison.Ordinal);
    }

    private static async Task<string> TestTimeAsync(SamUnderTest sam, string server, int port)
    {
        await ConfigureAsync(sam, "defaults", new { time = new { server, port } });
        using var admin = sam.Admin();
        var results = await admin.PostAsync<JsonArray>("api/configuration/defaults/test", new { });
        var result = results.Single(r => (string?)r!["field"] == "time.server")!;
        return $"{(bool)result["isGood"]!} {(string?)result["text"]}";
    }

    private static async Task ConfigureAsync(SamUnderTest sam, string scope, object patch)
    {
        using var admin = sam.Admin();
        using var response = await admin.PatchAsJsonAsync($"api/configuration/{scope}?reason=test", patch, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<JsonArray> AlertsAsync(SamUnderTest sam)
    {
        using var admin = sam.Admin();
        return (await admin.GetFromJsonAsync<JsonArray>("api/alerts", Cancel))!;
    }

    // Looks again and again, on a clock of the test's own that goes on each time.
    private static async Task<JsonArray> UntilAsync(SamUnderTest sam, FakeTimeProvider? time, TimeSpan step, Predicate<JsonArray> holds)
    {
        while (true)
        {
            var alerts = await AlertsAsync(sam);
            if (holds(alerts))
                return alerts;
            time?.Advance(step);
            await Task.Delay(20, Cancel);
        }
    }
}

public sealed class TimeServiceTestsOnSqlite() : TimeServiceTests(new OnSqlite());

public sealed class TimeServiceTestsOnPostgreSql(PostgreSqlServer server) : TimeServiceTests(new OnPostgreSql(server));

public sealed class TimeServiceTestsOnSqlServer(SqlServerInstance server) : TimeServiceTests(new OnSqlServer(server));
