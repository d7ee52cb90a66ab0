using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Slideport.Converter.Tests;
using Slideport.Dicom.UpperLayer;
using Slideport.Faults.Tests.Sam;
using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests.Dsr;

/// <summary>The DSR is killed with SIGKILL while it removes slides, and started again. Short by default; SLIDEPORT_LONG=1 does it many more times.</summary>
public sealed partial class RemovalKillTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-removalkill-").FullName;
    private readonly CertificateAuthority _authority;

    public RemovalKillTests() => _authority = CertificateAuthority.OpenOrCreate(Path.Join(_root, "identity"));

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private string Images => Path.Join(_root, "images");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_it_removes_all_that_was_asked_for_and_nothing_else()
    {
        var slides = Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 60 : 6;
        Directory.CreateDirectory(Images);
        await File.WriteAllTextAsync(Path.Join(Images, ".slideport-store.json"), $$"""{"id":"{{Guid.NewGuid()}}"}""", Cancel);
        for (var i = 0; i < slides; i++)
            Put($"due{i}");
        Put("kept");
        var kept = Directory.GetFiles(Path.Join(Images, "kept")).ToDictionary(f => f, File.ReadAllBytes);

        await using (var first = Start())
        {
            using var admin = await ConnectAsync(first);
            (await admin.PostAsync("api/rescan", null, Cancel)).EnsureSuccessStatusCode();
            var due = (JsonArray)JsonNode.Parse(await admin.GetStringAsync("api/slides?due=true&take=500", Cancel))!["slides"]!;
            Assert.Equal(slides + 1, due.Count);
            var ids = due.Where(s => (string?)s!["name"] != "kept").Select(s => (string)s!["id"]!).ToList();
            using var answer = await admin.PostAsJsonAsync("api/slides/remove", new { slides = ids, reason = "It is over." }, Cancel);
            answer.EnsureSuccessStatusCode();
            await first.EndAsync("KILL");
        }

        for (var removed = 0; removed < slides;)
        {
            await using var dsr = Start();
            using var admin = await ConnectAsync(dsr);
            await Task.Delay(Random.Shared.Next(60), Cancel); // it goes on at once
            removed = ((JsonArray)JsonNode.Parse(await admin.GetStringAsync("api/slides?state=removed&take=500", Cancel))!["slides"]!).Count;
            await dsr.EndAsync("KILL");
        }

        Assert.Equal(["kept"], Directory.GetDirectories(Images).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries(Images, ".slideport-*.part"));
        Assert.All(kept, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    private void Put(string name)
    {
        foreach (var file in TestSlide.Write(Path.Join(Images, name)))
            File.SetLastWriteTimeUtc(file, new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc));
    }

    private ChildProcess Start() => new(
        [
            Path.Join(AppContext.BaseDirectory, "slideport"), "serve", "--roles", "dsr", "--data", _root, "--Dsr:Address=127.0.0.1", "--Dsr:Port=0", "--Dsr:WebAddress=127.0.0.1", "--Dsr:WebPort=0",
            "--Monitoring:Enabled=false", "--Dsr:Retention=1.00:00:00",
        ],
        [], "DSR DataServer listens on ");

    private async Task<HttpClient> ConnectAsync(ChildProcess dsr)
    {
        var line = await dsr.FindAsync() ?? throw new InvalidOperationException(string.Join('\n', dsr.Lines));
        return new HttpClient(new SocketsHttpHandler { SslOptions = TlsPolicy.ForClient("localhost", _authority.Roots, _authority.Client("admin")), UseProxy = false })
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{Port().Match(line).Groups[1].Value}")),
        };
    }

    [GeneratedRegex("^DSR DataServer listens on 127[.]0[.]0[.]1:([0-9]+)[.]")]
    private static partial Regex Port();
}
