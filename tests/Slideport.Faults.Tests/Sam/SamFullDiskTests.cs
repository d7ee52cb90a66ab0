using System.Net.Http.Json;

namespace Slideport.Faults.Tests.Sam;

/// <summary>The disk that SAM's data lie on is full, or fails.</summary>
public sealed class SamFullDiskTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-samdisk-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_it_refuses_what_it_cannot_keep_reads_on_ends_in_order_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount("size=24m");
        var data = Path.Join(disk.Folder, "data");
        var acknowledged = new List<string>();
        await using (var sam = await SamProcess.StartAsync(data))
        {
            using var laboratory = new Laboratory(data);
            await laboratory.SetUpAsync(sam.Address!);
            using var scanner = laboratory.ScannerHttp(sam.Address!);
            using var admin = laboratory.Admin(sam.Address!);
            Assert.Contains("make room", await FillAsync(disk, scanner, "A", acknowledged), StringComparison.Ordinal);

            // Who only asks, or says what memory holds, is answered.
            await Laboratory.SendAsync(admin, HttpMethod.Get, "api/scanners");
            await Laboratory.SendAsync(admin, HttpMethod.Get, "api/audit");
            using (var heartbeats = laboratory.Scanner(sam.Address!))
                await Laboratory.AcknowledgeConfigurationAsync(heartbeats);

            disk.MakeRoom();
            await Laboratory.UntilAsync(async () => await Refusals.TellAsync(scanner, "B") is null);
            acknowledged.Add("B");

            await FillAsync(disk, scanner, "C", acknowledged);
            using (var heartbeats = laboratory.Scanner(sam.Address!))
                await Laboratory.AcknowledgeConfigurationAsync(heartbeats);
            Assert.Equal(0, await sam.StopAsync());
            Assert.Contains(sam.Lines, line => line.Contains("could not write down", StringComparison.Ordinal));
        }

        disk.MakeRoom();
        await using (var sam = await SamProcess.StartAsync(data))
            Assert.Equal(0, await sam.StopAsync());

        var kept = await SamDatabaseFile.AskAsync(data, "SELECT ImageId FROM Images");
        Assert.Equal(kept.Distinct(), kept);
        Assert.Empty(acknowledged.Except(kept));
        await SamDatabaseFile.AssertWholeAsync(data);
    }

    [Fact]
    public async Task On_a_full_disk_it_does_not_start_says_so_in_a_sentence_and_starts_when_there_is_room()
    {
        using var disk = SmallDisk.Mount("size=8m");
        var data = Path.Join(disk.Folder, "data");
        disk.Fill(left: 64 << 10); // enough for its keys
        await using (var sam = await SamProcess.StartAsync(data))
        {
            Assert.Equal(3, await sam.WaitAsync());
            Assert.Matches("full|No space left", Assert.Single(sam.Lines, line => line.StartsWith("slideport: ", StringComparison.Ordinal)));
        }

        disk.MakeRoom();
        await using (var sam = await SamProcess.StartAsync(data))
        {
            using var laboratory = new Laboratory(data);
            await laboratory.SetUpAsync(sam.Address!);
            Assert.Equal(0, await sam.StopAsync());
        }

        await SamDatabaseFile.AssertWholeAsync(data);
    }

    [Fact]
    public async Task While_nothing_reaches_the_disk_it_acknowledges_nothing_and_then_goes_on()
    {
        ServerProcess.RequireStrace();
        var data = Path.Join(_root, "data");
        await using (var sam = await SamProcess.StartAsync(data))
        {
            using var laboratory = new Laboratory(data);
            await laboratory.SetUpAsync(sam.Address!);
            using var scanner = laboratory.ScannerHttp(sam.Address!);
            await using (await sam.FailAsync("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"))
            {
                for (var i = 0; i < 3; i++)
                    Assert.Contains("have it looked at", await Refusals.TellAsync(scanner, "A"), StringComparison.Ordinal);
                using var admin = laboratory.Admin(sam.Address!);
                using var response = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", new { basic = new { heartbeatSeconds = 33 } }, Cancel);
                await Refusals.SentenceAsync(response);
            }

            await Laboratory.UntilAsync(async () => await Refusals.TellAsync(scanner, "A") is null);
            Assert.Null(await Refusals.TellAsync(scanner, "B"));
            await sam.KillAsync();
        }

        Assert.Equal(["A", "B"], await SamDatabaseFile.AskAsync(data, "SELECT ImageId FROM Images ORDER BY ImageId"));
        await SamDatabaseFile.AssertWholeAsync(data);
    }

    // Tells of images until SAM can keep no more.
    private static async Task<string> FillAsync(SmallDisk disk, HttpClient scanner, string prefix, List<string> acknowledged)
    {
        disk.Fill(left: 0);
        for (var i = 0; ; i++)
        {
            if (await Refusals.TellAsync(scanner, $"{prefix}{i}") is { } refusal)
                return refusal;
            acknowledged.Add($"{prefix}{i}");
            Assert.True(i < 5000, "The disk is full, and SAM acknowledges on and on.");
        }
    }
}
