using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Slideport.Dicom.UpperLayer;
using Slideport.Faults.Tests.Sam;
using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests.Dsr;

/// <summary>The DSR is killed with SIGKILL while SAM tells it of images, and started again. Short by default; SLIDEPORT_LONG=1 does it many more times.</summary>
public sealed partial class DsrKillTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-dsrkill-").FullName;
    private readonly CertificateAuthority _authority;

    public DsrKillTests() => _authority = CertificateAuthority.OpenOrCreate(Path.Join(_root, "identity"));

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_it_has_every_image_it_acknowledged_once()
    {
        var (acknowledged, sent) = (new HashSet<int>(), 0);
        for (var round = 0; round < (Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 40 : 3); round++)
        {
            await using var dsr = Start();
            using var sam = await ConnectAsync(dsr, "sam");
            var until = acknowledged.Count + Random.Shared.Next(5, 60);
            var telling = Task.Run(() => TellAsync(sam, acknowledged, () => Interlocked.Increment(ref sent)), Cancel);
            while (Volatile.Read(ref sent) < until)
                await Task.Delay(1, Cancel);
            await dsr.EndAsync("KILL");
            await telling;
        }

        await using (var dsr = Start())
        {
            using var admin = await ConnectAsync(dsr, "admin");
            var awaited = (JsonArray)JsonNode.Parse(await admin.GetStringAsync("api/awaited", Cancel))!;
            var kept = awaited.Select(image => int.Parse(((string)image!["subject"]!)["SS1/".Length..], CultureInfo.InvariantCulture)).ToList();

            Assert.Distinct(kept);
            Assert.Empty(acknowledged.Except(kept));
            Assert.True(acknowledged.Count is > 10 and < 500, "the answer has no more than 500");
            Assert.Equal(0, await dsr.EndAsync("TERM"));
        }
    }

    private ChildProcess Start() => new(
        [
            Path.Join(AppContext.BaseDirectory, "slideport"), "serve", "--roles", "dsr", "--data", _root, "--Dsr:Address=127.0.0.1", "--Dsr:Port=0", "--Dsr:WebAddress=127.0.0.1", "--Dsr:WebPort=0",
            "--Monitoring:Enabled=false",
        ],
        [], "DSR DataServer listens on ");

    private async Task<HttpClient> ConnectAsync(ChildProcess dsr, string role)
    {
        var line = await dsr.FindAsync() ?? throw new InvalidOperationException(string.Join('\n', dsr.Lines));
        return new HttpClient(new SocketsHttpHandler { SslOptions = TlsPolicy.ForClient("localhost", _authority.Roots, _authority.Client(role)), UseProxy = false })
        {
            BaseAddress = new Uri($"https://localhost:{Port().Match(line).Groups[1].Value}"),
        };
    }

    private static async Task TellAsync(HttpClient sam, HashSet<int> acknowledged, Func<int> next)
    {
        try
        {
            while (true)
            {
                var id = next();
                using var request = new HttpRequestMessage(HttpMethod.Post, "images") { Content = JsonContent.Create(Image(id)) };
                request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
                request.Headers.Add("Slideport-Subject", string.Create(CultureInfo.InvariantCulture, $"SS1/{id}"));
                using var response = await sam.SendAsync(request, Cancel);
                response.EnsureSuccessStatusCode();
                acknowledged.Add(id);
            }
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }

    private static JsonObject Image(int id) => new()
    {
        ["imageId"] = id.ToString(CultureInfo.InvariantCulture),
        ["seriesInstanceUid"] = string.Create(CultureInfo.InvariantCulture, $"1.2.{id}"),
        ["scanTime"] = "2026-03-01T12:00:00Z",
        ["instances"] = new JsonArray(new JsonObject { ["sopInstanceUid"] = string.Create(CultureInfo.InvariantCulture, $"1.2.{id}.1"), ["sha256"] = new string('a', 64), ["bytes"] = 100 }),
    };

    [GeneratedRegex("^DSR DataServer listens on 127[.]0[.]0[.]1:([0-9]+)[.]")]
    private static partial Regex Port();
}
