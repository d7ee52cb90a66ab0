extern alias VirtualScanner;

using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.ImageMetadata;
using VirtualScanner::Slideport.Scanner.Sam;

namespace Slideport.Sam.Tests;

/// <summary>The virtual scanner, in front of a real SAM.</summary>
public sealed class EnrolledScannerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-scanner-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

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

    [Fact]
    public async Task What_an_earlier_run_has_not_told_SAM_is_told_at_the_next_start()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var identity = await EnrolAsync(sam);
        Leave(TestImage.Of("I1"));
        Leave(TestImage.Of("I2"));

        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel);
        await UntilAllIsToldAsync(scanner);

        Assert.Equal(["I1", "I2"], await ImagesAsync(sam));
        Assert.Empty(scanner.ImageProblems);
        Assert.Equal(0, await scanner.TellLeftAsync(Cancel));
    }

    [Fact]
    public async Task What_SAM_never_takes_and_what_cannot_be_read_is_set_aside_and_the_others_are_told()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var identity = await EnrolAsync(sam);
        Leave(TestImage.Of("I1"));
        await using (var first = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel))
            Assert.Equal(0, await first.TellLeftAsync(Cancel));
        var conflicting = Leave(TestImage.Of("I1") with { Barcode = "OTHER" });
        var broken = Leave(TestImage.Of("I2"));
        await File.WriteAllTextAsync(broken, "{", Cancel);
        Leave(TestImage.Of("I3"));

        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel);
        var left = await scanner.TellLeftAsync(Cancel);

        Assert.Equal(0, left);
        Assert.Equal(0, EnrolledScanner.CountUntold(identity));
        Assert.Equal(["I1", "I3"], await ImagesAsync(sam));
        Assert.True(File.Exists(conflicting + ".bad"));
        Assert.True(File.Exists(broken + ".bad"));
        Assert.Equal(2, scanner.ImageProblems.Count);
        Assert.Contains(scanner.ImageProblems, p => p.StartsWith("SAM does not take the metadata of image I1: ", StringComparison.Ordinal));
        Assert.Contains(scanner.ImageProblems, p => p.StartsWith($"What SAM is to know of an image cannot be read from '{broken}': ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_SAM_fails_at_waits_and_is_told_when_SAM_works_again()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var identity = await EnrolAsync(sam);
        Leave(TestImage.Of("I1"));
        await ExecuteAsync(sam, "ALTER TABLE \"Images\" RENAME TO \"Elsewhere\"");

        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel);
        Assert.Equal(1, await scanner.TellLeftAsync(Cancel));
        Assert.Equal(1, scanner.CountUntold());
        await ExecuteAsync(sam, "ALTER TABLE \"Elsewhere\" RENAME TO \"Images\"");
        await UntilAllIsToldAsync(scanner);

        Assert.Equal(["I1"], await ImagesAsync(sam));
        Assert.Empty(scanner.ImageProblems);
    }

    [Fact]
    public async Task An_image_of_a_rack_that_SAM_refuses_keeps_it_from_none_of_the_others()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var identity = await EnrolAsync(sam);
        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel);
        await scanner.TellAllAsync(new([TestImage.Of("I1")]), Cancel);

        var refusal = await Assert.ThrowsAsync<SamException>(() => scanner.TellAllAsync(new([TestImage.Of("I1") with { Barcode = "OTHER" }, TestImage.Of("I2"), TestImage.Of("I3")]), Cancel));

        Assert.Equal(System.Net.HttpStatusCode.Conflict, refusal.Status);
        Assert.Equal(["I1", "I2", "I3"], await ImagesAsync(sam));
    }

    [Fact]
    public async Task What_a_scan_that_ended_early_has_not_told_is_told_in_the_background()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var identity = await EnrolAsync(sam);
        await using var scanner = await EnrolledScanner.StartAsync(sam.Address, identity, null, Cancel);
        Assert.Equal(0, await scanner.TellLeftAsync(Cancel));

        Leave(TestImage.Of("I1"));
        scanner.Leave([TestImage.Of("I1")]);
        await UntilAllIsToldAsync(scanner);

        Assert.Equal(["I1"], await ImagesAsync(sam));
    }

    private async Task<ScannerIdentity> EnrolAsync(SamUnderTest sam)
    {
        using var admin = sam.Admin();
        var invitation = await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS1", model = "GT 450" });
        return await ScannerIdentity.EnrolAsync(sam.Address, EnrolmentCode.TryParse(invitation.Code)!, _folder, Cancel);
    }

    // As a run leaves it that ends before SAM has taken it.
    private string Leave(ImageMetadata image)
    {
        var folder = Directory.CreateDirectory(Path.Join(_folder, "untold")).FullName;
        var file = Path.Join(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(image.ImageId)))}.json");
        File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(image, ProtocolJson.Options));
        return file;
    }

    private static async Task UntilAllIsToldAsync(EnrolledScanner scanner)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (scanner.CountUntold() > 0)
            await Task.Delay(20, patience.Token);
    }

    private static async Task<List<string>> ImagesAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Images.Select(i => i.ImageId).Order().ToListAsync(Cancel);
    }

    private static async Task ExecuteAsync(SamUnderTest sam, string statement)
    {
        await using var database = sam.Databases.CreateDbContext();
        await database.Database.ExecuteSqlRawAsync(statement, Cancel);
    }

    private static async Task ChangeAsync(HttpClient admin, object patch)
    {
        using var changed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", patch, Cancel);
        changed.EnsureSuccessStatusCode();
    }

    private static async Task<bool> RunsItAsync(HttpClient admin) =>
        (bool)(await admin.GetFromJsonAsync<JsonArray>("api/scanners", Cancel))![0]!["runsConfiguration"]!;
}
