extern alias VirtualScanner;

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using VirtualScanner::Slideport.Scanner.Sam;

namespace Slideport.Sam.Tests;

/// <summary>The virtual scanner, in front of a real SAM.</summary>
public sealed class EnrolledScannerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A heartbeat every ten minutes, which is longer than SAM waits with an answer, keeps it from nothing.
    [Fact]
    public async Task It_runs_a_change_at_once_and_says_so_however_rarely_it_beats()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();
        var (_, certificate) = await sam.EnrolScannerAsync("SS1");
        await ChangeAsync(admin, new { basic = new { heartbeatSeconds = 600 } });
        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, new ScannerIdentity("SS1", certificate, sam.Authority.Roots), null, Cancel);

        foreach (var port in (int[])[1000, 2000])
        {
            await ChangeAsync(admin, new { images = new { port } });
            while (scanner.Configuration.Configuration.Images.Port != port || !await RunsItAsync(admin))
                await Task.Delay(20, Cancel);
        }
    }

    private static async Task ChangeAsync(HttpClient admin, object patch)
    {
        using var changed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", patch, Cancel);
        changed.EnsureSuccessStatusCode();
    }

    private static async Task<bool> RunsItAsync(HttpClient admin) =>
        (bool)(await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0]!["runsConfiguration"]!;
}
