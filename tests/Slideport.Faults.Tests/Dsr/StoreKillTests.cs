using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.UpperLayer;
using Slideport.Faults.Tests.Sam;
using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests.Dsr;

/// <summary>The DSR is killed with SIGKILL while instances are stored over the web, and started again. Short by default; SLIDEPORT_LONG=1 does it many more times.</summary>
public sealed partial class StoreKillTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-storekill-").FullName;
    private readonly CertificateAuthority _authority;

    public StoreKillTests() => _authority = CertificateAuthority.OpenOrCreate(Path.Join(_root, "identity"));

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private string Images => Path.Join(_root, "images");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_what_it_acknowledged_lies_there_whole_and_nothing_half()
    {
        Directory.CreateDirectory(Images);
        await File.WriteAllTextAsync(Path.Join(Images, ".slideport-store.json"), $$"""{"id":"{{Guid.NewGuid()}}"}""", Cancel);
        var (sent, acknowledged, number) = (new ConcurrentDictionary<string, string>(), new ConcurrentDictionary<string, bool>(), 0);
        for (var round = 0; round < (Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 40 : 4); round++)
        {
            await using var dsr = Start();
            using var admin = await ConnectAsync(dsr);
            var until = acknowledged.Count + Random.Shared.Next(1, 25);
            var storing = Task.Run(() => StoreAsync(admin, () => Interlocked.Increment(ref number), sent, acknowledged), Cancel);
            while (acknowledged.Count < until && !storing.IsCompleted)
                await Task.Delay(1, Cancel);
            await Task.Delay(Random.Shared.Next(20), Cancel);
            await dsr.EndAsync("KILL");
            await storing;
        }

        await using (var dsr = Start())
        {
            using var admin = await ConnectAsync(dsr);
            while (Directory.EnumerateFiles(Images, ".slideport-*.part").Any() || Directory.EnumerateFiles(Path.Join(_root, "dsr", "stow")).Any())
                await Task.Delay(20, Cancel); // what was not stored to its end is removed
            var lying = Directory.GetFiles(Images, "*.dcm", SearchOption.AllDirectories).ToDictionary(f => Path.GetFileNameWithoutExtension(f), f => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f))));
            Assert.Empty(acknowledged.Keys.Except(lying.Keys));
            Assert.All(lying, file => Assert.Equal(sent[file.Key], file.Value));
            // And the catalogue knows them, those too that nobody was told of.
            Assert.Equal(lying.Count, (int)JsonNode.Parse(await (await admin.PostAsync("api/rescan", null, Cancel)).Content.ReadAsStringAsync(Cancel))!["slides"]!);
            Assert.True(acknowledged.Count >= 4, $"{acknowledged.Count} acknowledged");
            Assert.Equal(0, await dsr.EndAsync("TERM"));
        }
    }

    private ChildProcess Start() => new(
        [
            Path.Join(AppContext.BaseDirectory, "slideport"), "serve", "--roles", "dsr", "--data", _root, "--Dsr:Address=127.0.0.1", "--Dsr:Port=0", "--Dsr:WebAddress=127.0.0.1", "--Dsr:WebPort=0",
            "--Monitoring:Enabled=false", $"--Dsr:Stow={Images}",
        ],
        [], "DSR DataServer listens on ");

    private async Task<HttpClient> ConnectAsync(ChildProcess dsr)
    {
        var line = await dsr.FindAsync() ?? throw new InvalidOperationException(string.Join('\n', dsr.Lines));
        return new HttpClient(new SocketsHttpHandler { SslOptions = TlsPolicy.ForClient("localhost", _authority.Roots, _authority.Client("admin")), UseProxy = false })
        {
            BaseAddress = new Uri($"https://localhost:{Port().Match(line).Groups[1].Value}"),
        };
    }

    private static async Task StoreAsync(HttpClient admin, Func<int> next, ConcurrentDictionary<string, string> sent, ConcurrentDictionary<string, bool> acknowledged)
    {
        try
        {
            while (true)
            {
                var (uid, file) = Instance(next());
                sent[uid] = Convert.ToHexStringLower(SHA256.HashData(file));
                using var body = new MultipartContent("related", "part");
                body.Headers.ContentType!.Parameters.Add(new NameValueHeaderValue("type", "\"application/dicom\""));
                body.Add(new ByteArrayContent(file));
                using var response = await admin.PostAsync("dicom-web/studies", body, Cancel);
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
                acknowledged[uid] = true;
            }
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }

    // No slide to look at, but all that storing looks at: one frame, large enough to be cut.
    private static (string Uid, byte[] File) Instance(int number)
    {
        var uid = string.Create(CultureInfo.InvariantCulture, $"1.2.3.{100_000 + number}");
        var pixels = new byte[1024 * 1024];
        new Random(number).NextBytes(pixels);
        var set = new DicomDataSet()
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.SOPInstanceUID, uid).Set(Tags.StudyInstanceUID, "1.2.3.4").Set(Tags.SeriesInstanceUID, uid + ".1")
            .Set(Tags.SamplesPerPixel, 1).Set(Tags.PhotometricInterpretation, "MONOCHROME2").Set(Tags.NumberOfFrames, "1").Set(Tags.Rows, 1024).Set(Tags.Columns, 1024)
            .Set(Tags.BitsAllocated, 8).Set(Tags.BitsStored, 8).Set(Tags.HighBit, 7).Set(Tags.PixelRepresentation, 0).Set(Tags.PixelData, Vr.OB, pixels);
        using var file = new MemoryStream();
        Part10File.Write(file, set, TransferSyntax.ExplicitVrLittleEndian);
        return (uid, file.ToArray());
    }

    [GeneratedRegex("^DSR DataServer listens on 127[.]0[.]0[.]1:([0-9]+)[.]")]
    private static partial Regex Port();
}
