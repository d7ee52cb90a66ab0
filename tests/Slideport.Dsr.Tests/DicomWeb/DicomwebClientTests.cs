using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Slideport.Dicom.Part10;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>The client that Slim and OHIF are built on, as npm has it, run by Node.</summary>
public sealed class DicomwebClientTests(DicomWebSlides slides) : IClassFixture<DicomWebSlides>
{
    private const string Client = "dicomweb-client@0.11.3";
    private const string Xhr = "xhr2@0.2.1"; // what browsers have and Node has not

    private const string Script = """
        const crypto = require('crypto');
        global.XMLHttpRequest = require('xhr2');
        const { api } = require('dicomweb-client');
        const hash = bytes => crypto.createHash('sha256').update(Buffer.from(bytes)).digest('hex');
        const value = (set, tag) => set[tag].Value[0];
        (async () => {
          const client = new api.DICOMwebClient({ url: process.env.ADDRESS, headers: { Authorization: 'Bearer ' + process.env.TOKEN } });
          const [studyInstanceUID, seriesInstanceUID] = [process.env.STUDY, process.env.SERIES];
          const studies = await client.searchForStudies({ queryParams: { StudyInstanceUID: studyInstanceUID } });
          const none = await client.searchForStudies({ queryParams: { PatientID: 'nobody' } });
          const series = await client.searchForSeries({ studyInstanceUID });
          const instances = await client.searchForInstances({ studyInstanceUID, seriesInstanceUID });
          const metadata = await client.retrieveSeriesMetadata({ studyInstanceUID, seriesInstanceUID });
          const level = metadata.find(m => m['00080008'].Value[2] === 'VOLUME');
          const one = { studyInstanceUID, seriesInstanceUID, sopInstanceUID: value(level, '00080018') };
          const mediaTypes = [{ mediaType: 'image/jpeg', transferSyntaxUID: '1.2.840.10008.1.2.4.50' }];
          const frames = await client.retrieveInstanceFrames({ ...one, frameNumbers: [2, 1], mediaTypes });
          const several = await client.retrieveInstanceFrames({ ...one, frameNumbers: [1], mediaTypes: [...mediaTypes, { mediaType: 'image/jp2', transferSyntaxUID: '1.2.840.10008.1.2.4.90' }, { mediaType: 'application/octet-stream', transferSyntaxUID: '*' }] });
          const instance = await client.retrieveInstance(one);
          const whole = await client.retrieveSeries({ studyInstanceUID, seriesInstanceUID });
          const profile = await client.retrieveBulkData({ BulkDataURI: level['00480105'].Value[0]['00282000'].BulkDataURI });
          const rendered = await client.retrieveInstanceRendered({ ...one, mediaTypes: [{ mediaType: 'image/jpeg' }], queryParams: { viewport: '200,200' } });
          const frame = await client.retrieveInstanceFramesRendered({ ...one, frameNumbers: [1], mediaTypes: [{ mediaType: 'image/jpeg' }] });
          let refused = 0;
          try { await client.retrieveInstanceFrames({ ...one, frameNumbers: [1] }); } catch (e) { refused = e.status; }
          console.log(JSON.stringify({
            study: value(studies[0], '0020000D'), none: none.length, series: value(series[0], '0020000E'), instances: instances.length, metadata: metadata.length, uid: one.sopInstanceUID,
            frames: frames.map(hash), several: several.map(hash), instance: hash(Array.isArray(instance) ? instance[0] : instance), whole: whole.map(hash), profile: profile.map(p => p.byteLength),
            rendered: new Uint8Array(Array.isArray(rendered) ? rendered[0] : rendered)[0], frame: new Uint8Array(Array.isArray(frame) ? frame[0] : frame)[0], refused,
          }));
        })().catch(e => { console.error(e.status, e.message, e.stack); process.exit(1); });
        """;

    private const string StoreScript = """
        const crypto = require('crypto');
        const fs = require('fs');
        global.XMLHttpRequest = require('xhr2');
        const { api } = require('dicomweb-client');
        const hash = bytes => crypto.createHash('sha256').update(Buffer.from(bytes)).digest('hex');
        (async () => {
          const client = new api.DICOMwebClient({ url: process.env.ADDRESS, headers: { Authorization: 'Bearer ' + process.env.TOKEN } });
          const [studyInstanceUID, seriesInstanceUID] = [process.env.STUDY, process.env.SERIES];
          const read = name => new Uint8Array(fs.readFileSync(name)).buffer;
          const datasets = fs.readdirSync('.').filter(name => name.endsWith('.dcm')).sort().map(read);
          await client.storeInstances({ datasets: [datasets[0]] });
          await client.storeInstances({ datasets, studyInstanceUID });
          const whole = await client.retrieveSeries({ studyInstanceUID, seriesInstanceUID });
          const frames = await client.retrieveInstanceFrames({
            studyInstanceUID, seriesInstanceUID, sopInstanceUID: process.env.LEVEL, frameNumbers: [1, 2, 3], mediaTypes: [{ mediaType: 'image/jpeg', transferSyntaxUID: '1.2.840.10008.1.2.4.50' }],
          });
          console.log(JSON.stringify({ whole: whole.map(hash), frames: frames.map(hash) }));
        })().catch(e => { console.error(e.status, e.message, e.stack); process.exit(1); });
        """;

    [Fact]
    public async Task Searches_retrieves_and_shows_slides_whether_they_are_stored_as_DICOM_or_as_SVS()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-npm-").FullName;
        try
        {
            await InstallAsync(folder);
            await File.WriteAllTextAsync(Path.Join(folder, "roots.pem"), string.Concat(slides.Dsr.Authority.Roots.Select(r => r.ExportCertificatePem() + "\n")), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Join(folder, "client.js"), Script, TestContext.Current.CancellationToken);
            foreach (var address in new[] { slides.Stored.Series, slides.Made.Series })
                await CompareAsync(folder, address);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Stores_a_slide_and_gets_it_back_frame_by_frame()
    {
        await using var host = await StoreHost.StartAsync();
        var (instances, (study, series)) = (StoreHost.Instances(), StoreHost.Slide());
        var folder = Directory.CreateTempSubdirectory("slideport-npm-").FullName;
        try
        {
            await InstallAsync(folder);
            await File.WriteAllTextAsync(Path.Join(folder, "roots.pem"), string.Concat(host.Dsr.Authority.Roots.Select(r => r.ExportCertificatePem() + "\n")), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Join(folder, "store.js"), StoreScript, TestContext.Current.CancellationToken);
            for (var i = 0; i < instances.Count; i++)
                await File.WriteAllBytesAsync(Path.Join(folder, $"{i}.dcm"), instances[i].Bytes, TestContext.Current.CancellationToken);

            var said = await Programs.RunAsync("node", new Dictionary<string, string>
            {
                ["ADDRESS"] = $"{host.Dsr.WebAddress}dicom-web",
                ["TOKEN"] = host.Dsr.Sam.Begin("labAdmin").Token,
                ["STUDY"] = study,
                ["SERIES"] = series,
                ["LEVEL"] = instances[0].Uid,
                ["NODE_EXTRA_CA_CERTS"] = Path.Join(folder, "roots.pem"),
            }, folder, "store.js");

            var found = JsonNode.Parse(said.Split('\n').Single(l => l.StartsWith('{')))!;
            Assert.Equal(instances.Select(i => Hash(i.Bytes)).Order(StringComparer.Ordinal), ((JsonArray)found["whole"]!).Select(i => (string)i!).Order(StringComparer.Ordinal));
            var level = Path.Join(folder, "0.dcm");
            using var file = Part10File.Open(level);
            var index = file.BuildFrameIndex();
            Assert.Equal(Enumerable.Range(0, 3).Select(f => Hash(file.ReadBytes(new Dicom.FileRange(index[f].Offset, index[f].Length)))), ((JsonArray)found["frames"]!).Select(f => (string)f!));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task CompareAsync(string folder, string address)
    {
        var said = await Programs.RunAsync("node", new Dictionary<string, string>
        {
            ["ADDRESS"] = $"{slides.Dsr.WebAddress}dicom-web",
            ["TOKEN"] = slides.Dsr.Sam.Begin("operator").Token,
            ["STUDY"] = address.Split('/')[1],
            ["SERIES"] = address.Split('/')[3],
            ["NODE_EXTRA_CA_CERTS"] = Path.Join(folder, "roots.pem"),
        }, folder, "client.js");
        var found = JsonNode.Parse(said.Split('\n').Single(l => l.StartsWith('{')))!;
        var instances = await slides.PartsAsync(address, "multipart/related; type=\"application/dicom\"; transfer-syntax=*");
        var level = $"{address}/instances/{found["uid"]}";
        var frames = new List<string>();
        foreach (var frame in new[] { 2, 1 })
            frames.Add(Hash(await slides.BytesAsync($"{level}/frames/{frame}", "image/jpeg")));

        Assert.Equal((address.Split('/')[1], address.Split('/')[3], 0), ((string?)found["study"], (string?)found["series"], (int)found["none"]!));
        Assert.Equal((instances.Count, instances.Count), ((int)found["instances"]!, (int)found["metadata"]!));
        Assert.Equal(frames, ((JsonArray)found["frames"]!).Select(f => (string)f!));
        Assert.Equal(frames[1], (string?)found["several"]![0]);
        Assert.Equal(instances.Select(i => Hash(i.Bytes)), ((JsonArray)found["whole"]!).Select(i => (string)i!));
        Assert.Equal(Hash(instances.Single(i => i.Location!.EndsWith($"/{found["uid"]}", StringComparison.Ordinal)).Bytes), (string?)found["instance"]);
        Assert.InRange((int)found["profile"]![0]!, 128, int.MaxValue);
        Assert.Equal((0xFF, 0xFF, 406), ((int)found["rendered"]!, (int)found["frame"]!, (int)found["refused"]!));
    }

    private static async Task InstallAsync(string folder)
    {
        try
        {
            await Programs.RunAsync("npm", null, folder, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix", folder, Client, Xhr);
        }
        catch (Xunit.Sdk.TrueException e)
        {
            Programs.Missing($"{Client} of npm: {e.Message}");
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
