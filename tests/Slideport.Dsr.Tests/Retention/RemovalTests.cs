using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slideport.Dsr.Database;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Files;
using Slideport.ImageStore.Smb;
using Slideport.ImageStore.Tests.Smb;
using Slideport.Scanner.Slides;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Tests.Retention;

/// <summary>Slides whose retention is over are removed when an administrator asks for it; all others stay, whoever asks, and whatever happens on the way.</summary>
public sealed class RemovalTests
{
    private static readonly DateTimeOffset Old = new(2020, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slide_that_is_due_is_removed_with_its_files_and_stays_known_as_removed()
    {
        await using var dsr = await StartAsync();
        var (svs, dicom) = (await PutAsync(dsr, "archive/slide one.svs"), await PutFolderAsync(dsr, "archive/slide two"));
        await PutAsync(dsr, "young.svs", DateTimeOffset.Parse("2099-01-01", System.Globalization.CultureInfo.InvariantCulture));
        var admin = dsr.Script("labAdmin");
        var due = (await SlidesAsync(admin, "due=true")).ToDictionary(s => (string)s["name"]!, s => (string)s["id"]!);
        Assert.Equal([dicom.Name, svs.Name], [.. due.Keys.OrderDescending(StringComparer.Ordinal)]);
        Assert.Equal(HttpStatusCode.OK, await admin.StatusAsync(HttpMethod.Get, $"slides/{due[svs.Name]}/view"));

        Assert.All(await RemoveAsync(admin, "The lab's retention is over.", [.. due.Values]), o => Assert.Equal("asked", (string?)o!["outcome"]));
        await UntilRemovedAsync(admin, [.. due.Values]);

        Assert.Equal(["young.svs"], Files(dsr));
        Assert.Empty(await SlidesAsync(admin, "due=true"));
        var slide = await admin.GetJsonAsync($"api/slides/{due[svs.Name]}");
        Assert.Equal(("removed", "The lab's retention is over.", "user:labAdmin", svs.Sha256), ((string?)slide["state"], (string?)slide["removalReason"], (string?)slide["removedBy"], (string?)slide["sha256"]));
        Assert.Matches("^It was removed on [0-9-]{10}, as user:labAdmin had asked: The lab's retention is over\\.$", (string?)slide["problem"]);
        foreach (var address in new[] { $"slides/{due[svs.Name]}/view", $"api/slides/{due[svs.Name]}/file", $"slides/{due[dicom.Name]}/deepzoom.dzi" })
        {
            using var answer = await admin.GetAsync(address, Cancel);
            Assert.Equal((address, HttpStatusCode.NotFound), (address, answer.StatusCode));
            Assert.Contains("It was removed on", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        var findings = await admin.GetJsonAsync("api/findings");
        Assert.Equal((1, 0, 2), ((int)findings["slides"]!, (int)findings["missing"]!, (int)findings["removed"]!));
        // And stays so when the image file system is looked through, and the slides are read.
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        Assert.Equal(2, (await SlidesAsync(admin, "state=removed")).Count);
        await DsrUnderTest.UntilAsync(() => Task.FromResult(dsr.Sam.Openings.Values.Count(o => o.Purpose == "removed") == 2));
        Assert.All(dsr.Sam.Openings.Values.Where(o => o.Purpose == "remove"), o => Assert.Equal(("user:labAdmin", "The lab's retention is over."), (o.OpenedBy, o.Detail)));
        Assert.Contains(dsr.Sam.Openings.Values, o => o.Purpose == "removed" && o.Detail!.Contains(svs.Sha256, StringComparison.Ordinal) && o.OpenedBy == "user:labAdmin");
    }

    [Fact]
    public async Task A_hold_wins_over_retention_and_a_removal_that_was_asked_for_over_a_later_hold()
    {
        await using var dsr = await StartAsync();
        await PutAsync(dsr, "a.svs");
        var admin = dsr.Script("labAdmin");
        var id = (string)Assert.Single(await SlidesAsync(admin))["id"]!;
        Assert.Equal(HttpStatusCode.NoContent, await admin.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = "A court." }));

        Assert.Empty(await SlidesAsync(admin, "due=true"));
        Assert.Equal("held", await OutcomeAsync(admin, id));
        Assert.Equal(["a.svs"], Files(dsr));

        await admin.StatusAsync(HttpMethod.Delete, $"api/slides/{id}/hold");
        using (new Away(dsr))
        {
            Assert.Equal("asked", await OutcomeAsync(admin, id));
            Assert.Equal("gone", await OutcomeAsync(admin, id));
            Assert.Equal(HttpStatusCode.Conflict, await admin.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = "Too late." }));
        }

        await UntilRemovedAsync(admin, id);
        Assert.Equal(HttpStatusCode.Conflict, await admin.StatusAsync(HttpMethod.Put, $"api/slides/{id}/hold", new { reason = "Too late." }));
    }

    [Fact]
    public async Task Nothing_is_removed_before_its_time_nor_where_slides_are_kept_for_ever_nor_by_itself()
    {
        await using var forEver = await StartAsync(TimeSpan.Zero);
        await PutAsync(forEver, "a.svs");
        await using var own = await DsrUnderTest.StartAsync(adjust: o => o with { Retention = TimeSpan.FromDays(1), Retentions = [new() { Location = o.Locations[0], Time = TimeSpan.FromDays(36500) }] });
        await PutAsync(own, "a.svs");
        await using var dsr = await StartAsync();
        await PutAsync(dsr, "due.svs");
        var written = await PutAsync(dsr, "copied.svs"); // scanned long ago, and written now
        File.SetLastWriteTimeUtc(Path.Join(dsr.Images, written.Name), DateTime.Parse("2098-01-01", System.Globalization.CultureInfo.InvariantCulture));
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");

        foreach (var (each, name) in new[] { (forEver, "a.svs"), (own, "a.svs"), (dsr, "copied.svs") })
        {
            var admin = each.Script("labAdmin");
            var id = (await SlidesAsync(admin)).Where(s => (string?)s["name"] == name).Select(s => (string)s["id"]!).Single();
            Assert.Equal("notDue", await OutcomeAsync(admin, id));
            Assert.Contains(name, Files(each));
        }

        Assert.Equal("unknown", await OutcomeAsync(dsr.Script("labAdmin"), new string('0', 32)));
        await dsr.RestartAsync();
        Assert.Equal(["copied.svs", "due.svs"], Files(dsr)); // due, and nobody has asked
    }

    [Fact]
    public async Task What_is_not_what_the_catalogue_knows_is_never_removed()
    {
        await using var dsr = await StartAsync();
        var (size, age, bytes, folder) = (await PutAsync(dsr, "size.svs"), await PutAsync(dsr, "age.svs"), await PutAsync(dsr, "bytes.svs"), await PutFolderAsync(dsr, "folder"));
        var admin = dsr.Script("labAdmin");
        var ids = (await SlidesAsync(admin)).ToDictionary(s => (string)s["name"]!, s => (string)s["id"]!);
        foreach (var id in ids.Values)
            await admin.StatusAsync(HttpMethod.Post, $"api/slides/{id}/verify"); // their hashes are known
        await File.AppendAllTextAsync(At(dsr, size.Name), "more", Cancel);
        File.SetLastWriteTimeUtc(At(dsr, size.Name), Old.UtcDateTime);
        File.SetLastWriteTimeUtc(At(dsr, age.Name), Old.UtcDateTime.AddHours(1));
        var other = await File.ReadAllBytesAsync(At(dsr, bytes.Name), Cancel);
        other[^1] ^= 1;
        await File.WriteAllBytesAsync(At(dsr, bytes.Name), other, Cancel);
        File.SetLastWriteTimeUtc(At(dsr, bytes.Name), Old.UtcDateTime);
        await File.WriteAllTextAsync(At(dsr, "folder/notes.txt"), "somebody's", Cancel);
        var before = Files(dsr).ToDictionary(f => f, f => HashOf(At(dsr, f)));

        Assert.All(await RemoveAsync(admin, "due", [.. ids.Values]), o => Assert.Equal("asked", (string?)o!["outcome"]));
        await DsrUnderTest.UntilAsync(async () => (await SlidesAsync(admin, "state=changed")).Count == 4);

        Assert.Equal(before, Files(dsr).ToDictionary(f => f, f => HashOf(At(dsr, f))));
        Assert.All(await SlidesAsync(admin), s => Assert.StartsWith("It was not removed: ", (string)s["problem"]!, StringComparison.Ordinal));
        Assert.Equal("notPresent", await OutcomeAsync(admin, ids[folder.Name]));
        await DsrUnderTest.UntilAsync(() => Task.FromResult(dsr.Sam.Openings.Values.Count(o => o.Purpose == "kept") == 4));
    }

    [Fact]
    public async Task A_removal_that_ends_in_the_middle_is_finished_by_the_next_start()
    {
        await using var dsr = await StartAsync();
        await PutAsync(dsr, "asked.svs");
        await PutAsync(dsr, "withdrawn.svs");
        var half = await PutFolderAsync(dsr, "half");
        await PutAsync(dsr, "other.svs");
        var admin = dsr.Script("labAdmin");
        var ids = (await SlidesAsync(admin)).ToDictionary(s => (string)s["name"]!, s => (string)s["id"]!);
        await admin.StatusAsync(HttpMethod.Post, $"api/slides/{ids["other.svs"]}/verify");
        byte[] other;
        using (new Away(dsr))
        {
            await RemoveAsync(admin, "due", [.. ids.Values]);
            // As it looks when it ends after the rename; in the middle of deleting; and before it has compared what it took away.
            Assert.True(DurableFile.TryRename(At(dsr, "withdrawn.svs"), Part(dsr, ids["withdrawn.svs"])));
            Directory.Move(At(dsr, half.Name), Part(dsr, ids["half"]));
            File.Delete(Directory.GetFiles(Part(dsr, ids["half"]))[0]);
            await SetAsync(dsr, ids["half"], RemovalStep.Proven);
            other = await File.ReadAllBytesAsync(At(dsr, "other.svs"), Cancel);
            other[100] ^= 1;
            await File.WriteAllBytesAsync(Part(dsr, ids["other.svs"]), other, Cancel);
            File.Delete(At(dsr, "other.svs"));
            await dsr.Role.StopAsync(Cancel);
        }

        await dsr.RestartAsync();
        admin = dsr.Script("labAdmin");
        await UntilRemovedAsync(admin, ids["asked.svs"], ids["withdrawn.svs"], ids["half"]);
        await DsrUnderTest.UntilAsync(async () => (string?)(await admin.GetJsonAsync($"api/slides/{ids["other.svs"]}"))["state"] == "changed");

        Assert.Equal(["other.svs"], Files(dsr));
        Assert.Equal(other, await File.ReadAllBytesAsync(At(dsr, "other.svs"), Cancel));
    }

    [Fact]
    public async Task What_lies_under_a_removed_slide_s_name_again_is_a_slide_again()
    {
        await using var dsr = await StartAsync();
        await PutAsync(dsr, "a.svs");
        var admin = dsr.Script("labAdmin");
        var id = (string)Assert.Single(await SlidesAsync(admin))["id"]!;
        await RemoveAsync(admin, "due", id);
        await UntilRemovedAsync(admin, id);

        var again = await PutAsync(dsr, "a.svs", size: (640, 480));

        var slide = await admin.GetJsonAsync($"api/slides/{id}");
        Assert.Equal(("present", null, null), ((string?)slide["state"], (string?)slide["removedBy"], (string?)slide["problem"]));
        Assert.Equal(640, (int)slide["width"]!);
        Assert.Equal("a.svs", again.Name);
    }

    [Fact]
    public async Task Slides_are_removed_from_an_encrypted_share_when_it_is_there()
    {
        await using var samba = new SambaServer();
        await samba.StartAsync();
        using (var store = samba.Store(""))
            await store.CheckAsync(null, Cancel);
        await using var dsr = await DsrUnderTest.StartAsync(adjust: options =>
        {
            var credentials = Path.Join(Directory.CreateDirectory(options.ShareCredentialsFolder).FullName, "127.0.0.1");
            File.WriteAllText(credentials, new SmbCredentials(SambaServer.User, SambaServer.Password).ToFile());
            File.SetUnixFileMode(credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return options with { Locations = [samba.Location("").ToString()], Retention = TimeSpan.FromDays(1) };
        });
        WrittenSvs.Write(Path.Join(samba.Share, "a slide.svs"), TiffCompression.Jpeg, (900, 700));
        File.SetLastWriteTimeUtc(Path.Join(samba.Share, "a slide.svs"), Old.UtcDateTime);
        PutFolder(Path.Join(samba.Share, "2020", "folder"));
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        var admin = dsr.Script("labAdmin");
        string[] ids = [.. (await SlidesAsync(admin, "due=true")).Select(s => (string)s["id"]!)];
        Assert.Equal(2, ids.Length);
        await samba.StopAsync();

        Assert.All(await RemoveAsync(admin, "due", ids), o => Assert.Equal("asked", (string?)o!["outcome"]));
        await samba.StartAsync();
        await UntilRemovedAsync(admin, ids);

        Assert.Equal([".slideport-store.json"], Directory.GetFiles(samba.Share, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Only_Lab_Admins_have_slides_removed_and_say_why()
    {
        await using var dsr = await StartAsync();
        await PutAsync(dsr, "a.svs");
        var admin = dsr.Script("labAdmin");
        var id = (string)Assert.Single(await SlidesAsync(admin))["id"]!;
        var stranger = dsr.Browser("labAdmin");
        stranger.DefaultRequestHeaders.Remove("Origin");
        stranger.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");
        var question = new { slides = new[] { id }, reason = "due" };

        foreach (var (client, status) in new[] { (dsr.Browser(null), HttpStatusCode.Unauthorized), (dsr.Browser("support"), HttpStatusCode.Forbidden), (dsr.Browser("operator"), HttpStatusCode.Forbidden), (dsr.Browser("labAdmin", "passwordChange"), HttpStatusCode.Forbidden), (stranger, HttpStatusCode.Forbidden), (dsr.Machine("sam"), HttpStatusCode.Forbidden), (dsr.Machine("converter"), HttpStatusCode.Forbidden) })
            Assert.Equal(status, await client.StatusAsync(HttpMethod.Post, "api/slides/remove", question));
        foreach (var wrong in new object[] { new { slides = new[] { id }, reason = " " }, new { slides = Array.Empty<string>(), reason = "due" }, new { slides = new[] { "../a.svs" }, reason = "due" }, new { slides = new[] { id }, reason = new string('x', 401) } })
            Assert.Equal(HttpStatusCode.UnprocessableEntity, await admin.StatusAsync(HttpMethod.Post, "api/slides/remove", wrong));
        Assert.Equal(["a.svs"], Files(dsr));
        Assert.Equal("present", (string?)Assert.Single(await SlidesAsync(admin))["state"]);
    }

    private static Task<DsrUnderTest> StartAsync(TimeSpan? retention = null) => DsrUnderTest.StartAsync(adjust: o => o with { Retention = retention ?? TimeSpan.FromDays(365) });

    // Nothing in these tells when they were scanned: they count as scanned when they were written.
    private static async Task<(string Name, string Sha256)> PutAsync(DsrUnderTest dsr, string name, DateTimeOffset? written = null, (int Width, int Height)? size = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(dsr, name))!);
        WrittenSvs.Write(At(dsr, name), TiffCompression.Jpeg, size ?? (900, 700));
        File.SetLastWriteTimeUtc(At(dsr, name), (written ?? Old).UtcDateTime);
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        return (name, HashOf(At(dsr, name)));
    }

    private static async Task<(string Name, string Sha256)> PutFolderAsync(DsrUnderTest dsr, string name)
    {
        PutFolder(At(dsr, name));
        await dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
        return (name, "");
    }

    private static void PutFolder(string path)
    {
        VirtualStage.Scan(ScanSource.Generated, path, new SlideOptions { Size = (800, 600), TimeProvider = new FakeTimeProvider(Old) }, Cancel);
        foreach (var file in Directory.GetFiles(path))
            File.SetLastWriteTimeUtc(file, Old.UtcDateTime);
    }

    private static string At(DsrUnderTest dsr, string name) => Path.Join(dsr.Images, name);

    private static string Part(DsrUnderTest dsr, string id) => At(dsr, $".slideport-gone{id}.part");

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private static List<string> Files(DsrUnderTest dsr) =>
        [.. Directory.EnumerateFiles(dsr.Images, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(dsr.Images, f)).Where(f => f != ".slideport-store.json").Order(StringComparer.Ordinal)];

    private static async Task<List<JsonNode>> SlidesAsync(HttpClient http, string query = "") => [.. ((JsonArray)(await http.GetJsonAsync($"api/slides?{query}"))["slides"]!).Select(s => s!)];

    private static async Task<JsonArray> RemoveAsync(HttpClient http, string reason, params string[] ids)
    {
        using var response = await http.PostAsJsonAsync("api/slides/remove", new { slides = ids, reason }, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (JsonArray)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
    }

    private static async Task<string?> OutcomeAsync(HttpClient http, string id) => (string?)Assert.Single(await RemoveAsync(http, "due", id))!["outcome"];

    private static Task UntilRemovedAsync(HttpClient http, params string[] ids) => DsrUnderTest.UntilAsync(async () =>
    {
        foreach (var id in ids)
        {
            if ((string?)(await http.GetJsonAsync($"api/slides/{id}"))["state"] != "removed")
                return false;
        }

        return true;
    });

    private static async Task SetAsync(DsrUnderTest dsr, string id, RemovalStep step)
    {
        await using var database = dsr.Role.ServerServices!.GetRequiredService<DsrDatabases>().CreateDbContext();
        Assert.Equal(1, await database.Slides.Where(s => s.Id == id && s.State == SlideFileState.Removing).ExecuteUpdateAsync(set => set.SetProperty(s => s.Removal, step), Cancel));
    }

    /// <summary>The image file system is not there until this is disposed of: nothing goes on.</summary>
    private sealed class Away : IDisposable
    {
        private readonly (string From, string To) _sentinel;

        internal Away(DsrUnderTest dsr)
        {
            _sentinel = (Path.Join(dsr.Images, ".slideport-store.json"), Path.Join(dsr.Folder, "sentinel"));
            Assert.True(DurableFile.TryRename(_sentinel.From, _sentinel.To));
        }

        public void Dispose() => Assert.True(DurableFile.TryRename(_sentinel.To, _sentinel.From));
    }
}
