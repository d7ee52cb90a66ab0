using System.Net;
using System.Text.Json.Nodes;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Scanner.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>WADO-RS: what is stored comes byte for byte, what is not is made the same each time, and others can read both.</summary>
public sealed class RetrieveTests(DicomWebSlides slides) : IClassFixture<DicomWebSlides>, IDisposable
{
    private const string Objects = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";
    private const string Jpegs = "multipart/related; type=\"image/jpeg\"; transfer-syntax=1.2.840.10008.1.2.4.50";
    private const string Bytes = "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*";

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-dicomweb-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_stored_as_DICOM_comes_byte_for_byte()
    {
        var files = Directory.GetFiles(slides.Stored.Folder).Select(File.ReadAllBytes).Select(Convert.ToHexString).Order().ToList();

        var series = await slides.PartsAsync(slides.Stored.Series, Objects);
        var study = await slides.PartsAsync(string.Join('/', slides.Stored.Series.Split('/')[..2]), "multipart/related; type=\"application/dicom\"");
        var single = await slides.PartsAsync(new Uri(series[0].Location!).AbsolutePath["/dicom-web/".Length..], Objects);

        Assert.Equal(files, series.Select(p => Convert.ToHexString(p.Bytes)).Order());
        Assert.Equal(files, study.Select(p => Convert.ToHexString(p.Bytes)).Order());
        Assert.Equal(series[0].Bytes, Assert.Single(single).Bytes);
        Assert.Equal("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", series[0].Type);
    }

    [Fact]
    public async Task An_SVS_comes_as_instances_that_DCMTK_and_pydicom_read()
    {
        var parts = await slides.PartsAsync(slides.Made.Series, Objects);
        Assert.Equal(4, parts.Count);
        foreach (var (part, index) in parts.Select((p, i) => (p, i)))
        {
            var path = Path.Join(_folder, $"{index}.dcm");
            await File.WriteAllBytesAsync(path, part.Bytes, Cancel);
            Assert.StartsWith("yes: ", await Programs.RunAsync("dcmftest", arguments: [path]), StringComparison.Ordinal);
            Assert.DoesNotContain("E: ", await Programs.RunAsync("dcmdump", arguments: ["+E", "-q", path]), StringComparison.Ordinal);
        }

        var said = await Python.RunAsync("pydicom", """
            import sys, glob, pydicom
            series, total = set(), 0
            for path in sorted(glob.glob(sys.argv[1] + '/*.dcm')):
                d = pydicom.dcmread(path)
                frames = list(pydicom.encaps.generate_pixel_data_frame(d.PixelData, d.NumberOfFrames)) if d.file_meta.TransferSyntaxUID.is_compressed else [b''] * d.NumberOfFrames
                assert len(frames) == d.NumberOfFrames, (len(frames), d.NumberOfFrames)
                series.add((d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID, d.AccessionNumber, d.ContainerIdentifier))
                total += len(frames)
            print(len(series), list(series)[0][3:], total)
            """, _folder);
        Assert.StartsWith("1 ('S26-1234', 'S26-1234;A1;HE') ", said, StringComparison.Ordinal);
        Assert.Equal(parts.Select(p => Convert.ToHexString(p.Bytes)), (await slides.PartsAsync(slides.Made.Series, Objects)).Select(p => Convert.ToHexString(p.Bytes)));
    }

    [Fact]
    public async Task Frames_are_those_of_the_file_byte_for_byte()
    {
        foreach (var series in new[] { slides.Stored.Series, slides.Made.Series, slides.Foreign.Series })
        {
            var instance = $"{series}/instances/{(await slides.InstancesAsync(series))[0].Uid}";
            var path = Path.Join(_folder, "whole.dcm");
            await File.WriteAllBytesAsync(path, Assert.Single(await slides.PartsAsync(instance, Objects)).Bytes, Cancel);
            using var file = Part10File.Open(path);
            var index = file.BuildFrameIndex();
            var last = index.Count;

            var frames = await slides.PartsAsync($"{instance}/frames/{last},1,3", Jpegs);
            var all = await slides.PartsAsync($"{instance}/bulkdata/7FE00010", Bytes);

            Assert.Equal([$"{last}", "1", "3"], frames.Select(f => f.Location!.Split('/')[^1]));
            Assert.All(frames, f => Assert.Equal("image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50", f.Type));
            foreach (var (frame, number) in frames.Zip([last, 1, 3]))
                AssertFrame(file.ReadBytes(new Dicom.FileRange(index[number - 1].Offset, index[number - 1].Length)), frame.Bytes);
            Assert.Equal(last, all.Count);
            Assert.Equal(frames[1].Bytes, all[0].Bytes);
            Assert.Equal(frames[2].Bytes, await SingleAsync($"{instance}/frames/3", "image/jpeg"));
            Assert.Equal(frames[2].Bytes, await SingleAsync($"{instance}/frames/3", "application/octet-stream; transfer-syntax=*"));
            Assert.Equal(frames[2].Bytes, await SingleAsync($"{instance}/frames/3?accept=image/jpeg", "text/html"));
        }
    }

    [Fact]
    public async Task Frames_of_an_SVS_are_its_tiles_with_their_tables()
    {
        await using var client = new DicomWebSlides();
        await client.InitializeAsync();
        var series = await client.AddAsync(RealSlides.Path("CMU-1-Small-Region.svs"));
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        var (tiles, _) = SvsToDicomFrames.Open(svs, svs.Levels[0]);
        var level = (await client.InstancesAsync(series))[0].Uid;

        var frames = await client.PartsAsync($"{series}/instances/{level}/frames/1,20,130", Jpegs);

        foreach (var (frame, number) in frames.Zip([1, 20, 130]))
        {
            var expected = new byte[tiles!.LengthOf(number - 1)];
            tiles.Read(number - 1, expected);
            Assert.Equal(expected, frame.Bytes);
        }
    }

    [Fact]
    public async Task Attributes_are_those_of_the_file()
    {
        foreach (var series in new[] { slides.Stored.Series, slides.Made.Series, slides.Foreign.Series })
        {
            var (parts, json) = (await slides.PartsAsync(series, Objects), await slides.SearchAsync($"{series}/metadata"));
            Assert.Equal(parts.Count, json.Count);
            for (var i = 0; i < parts.Count; i++)
            {
                var (file, text) = (Path.Join(_folder, "file.dcm"), Path.Join(_folder, "file.json"));
                await File.WriteAllBytesAsync(file, parts[i].Bytes, Cancel);
                await File.WriteAllTextAsync(text, json[i]!.ToJsonString(), Cancel);
                Assert.Matches("^[4-9][0-9] same$", await Python.RunAsync("pydicom", Comparison, file, text));
                Assert.Single(await slides.SearchAsync($"{new Uri(parts[i].Location!).AbsolutePath["/dicom-web/".Length..]}/metadata"));
            }
        }
    }

    [Fact]
    public async Task Positions_of_frames_are_among_the_attributes_and_frames_shown_where_they_say()
    {
        await using var client = new DicomWebSlides();
        await client.InitializeAsync();
        var folder = Path.Join(client.Dsr.Images, "by-columns");
        VirtualStage.Scan(ScanSource.Generated, folder, new SlideOptions { Size = (1500, 1100), Writer = new WsiWriterOptions { Layout = DicomLayout.ThreeD, Flush = false } }, Cancel);
        var series = (await client.RescanAsync())["by-columns"];
        var level = $"{series}/instances/{(await client.InstancesAsync(series))[0].Uid}";
        var (file, text) = (Path.Join(_folder, "file.dcm"), Path.Join(_folder, "file.json"));

        var json = Assert.Single(await client.SearchAsync($"{level}/metadata"))!;
        await File.WriteAllBytesAsync(file, Assert.Single(await client.PartsAsync(level, Objects)).Bytes, Cancel);
        await File.WriteAllTextAsync(text, json.ToJsonString(), Cancel);

        Assert.Equal((int)DicomWebSlides.Value(json, "00280008")!, ((JsonArray)json["52009230"]!["Value"]!).Count);
        Assert.Matches("^[4-9][0-9] same$", await Python.RunAsync("pydicom", Comparison, file, text));
        foreach (var frame in new[] { 1, 2, 7 })
        {
            var (stored, shown) = (await client.BytesAsync($"{level}/frames/{frame}", "image/jpeg"), await client.BytesAsync($"{level}/frames/{frame}/rendered", "image/jpeg"));
            Assert.Equal(PixelCodec.DecodeJpeg(stored).Pixels, PixelCodec.DecodeJpeg(shown).Pixels);
        }
    }

    [Fact]
    public async Task Long_values_are_where_the_attributes_say()
    {
        var metadata = (await slides.SearchAsync($"{slides.Made.Series}/metadata"))[0]!;
        var uri = new Uri((string)metadata["00480105"]!["Value"]![0]!["00282000"]!["BulkDataURI"]!).AbsolutePath["/dicom-web/".Length..];
        var whole = Path.Join(_folder, "whole.dcm");
        await File.WriteAllBytesAsync(whole, (await slides.PartsAsync(slides.Made.Series, Objects))[0].Bytes, Cancel);
        using var file = Part10File.Open(whole);
        var expected = file.ReadBytes(file.DataSet.GetItem(Tags.OpticalPathSequence)!, Tags.ICCProfile);

        Assert.Equal(expected, await SingleAsync(uri, "application/octet-stream"));
        Assert.Equal(expected, await SingleAsync(uri, "*/*"));
        Assert.Equal(expected, Assert.Single(await slides.PartsAsync(uri, "multipart/related; type=\"application/octet-stream\"")).Bytes);
    }

    [Fact]
    public async Task Pictures_for_people_fit_where_they_are_shown()
    {
        foreach (var series in new[] { slides.Stored.Series, slides.Made.Series })
        {
            var instance = $"{series}/instances/{(await slides.InstancesAsync(series))[0].Uid}";
            Assert.Equal((1024, 750), Size(await SingleAsync($"{instance}/rendered", "image/jpeg")));
            Assert.Equal((300, 220), Size(await SingleAsync($"{instance}/rendered?viewport=300,300", "*/*")));
            Assert.Equal((256, 187), Size(await SingleAsync($"{instance}/thumbnail", "image/*")));
            Assert.Equal((256, 187), Size(await SingleAsync($"{series}/thumbnail", "image/jpeg")));
            Assert.Equal((100, 73), Size(await SingleAsync($"{string.Join('/', series.Split('/')[..2])}/thumbnail?viewport=100,100", "image/jpeg")));
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await SingleAsync($"{instance}/rendered?viewport=64,64", "image/png"))[..4]);
            var frame = PixelCodec.DecodeJpeg(await SingleAsync($"{instance}/frames/2", "image/jpeg"));
            Assert.Equal(frame.Pixels, PixelCodec.DecodeJpeg(await SingleAsync($"{instance}/frames/2/rendered", "image/jpeg")).Pixels);
        }

        foreach (var (uid, set) in await slides.InstancesAsync(slides.Made.Series))
            Assert.InRange(Size(await SingleAsync($"{slides.Made.Series}/instances/{uid}/rendered", "image/jpeg")).Width, 1, (int)DicomWebSlides.Value(set, "00480006")!);
    }

    [Fact]
    public async Task Who_looks_at_a_slide_has_opened_it_and_who_looks_at_a_list_has_not()
    {
        await using var dsr = new DicomWebSlides();
        await dsr.InitializeAsync();
        await dsr.SearchAsync("studies");
        await SingleAsync(dsr, $"{dsr.Made.Series}/thumbnail", "image/jpeg");
        var uid = (await dsr.InstancesAsync(dsr.Made.Series))[0].Uid;
        await SingleAsync(dsr, $"{dsr.Made.Series}/instances/{uid}/frames/1", "image/jpeg");
        await dsr.PartsAsync(dsr.Stored.Series, Objects);

        await DsrUnderTest.UntilAsync(() => Task.FromResult(dsr.Dsr.Sam.Openings.Count >= 2));

        Assert.Equal(
            new[] { (dsr.Made.Series.Split('/')[3], "user:operator", "view"), (dsr.Stored.Series.Split('/')[3], "user:operator", "download") }.Order(),
            dsr.Dsr.Sam.Openings.Values.Select(o => (o.SeriesInstanceUid, o.OpenedBy, o.Purpose)).Order());
    }

    [Theory]
    [InlineData("", "image/jpeg", 406)]
    [InlineData("", "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.90", 406)]
    [InlineData("", "multipart/related; type=\"application/dicom+xml\"", 406)]
    [InlineData("", "///;;==,,\"", 400)]
    [InlineData("/metadata", "application/dicom+xml", 406)]
    [InlineData("/metadata", "multipart/related; type=\"application/dicom+json\"", 406)]
    [InlineData("/frames/1", "application/octet-stream", 406)]
    [InlineData("/frames/1", "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.1", 406)]
    [InlineData("/frames/1", "image/jp2", 406)]
    [InlineData("/frames/1,2", "image/jpeg", 406)]
    [InlineData("/frames/1", "image/jpeg;q=0", 406)]
    [InlineData("/frames/0", null, 400)]
    [InlineData("/frames/-1", null, 400)]
    [InlineData("/frames/1,1", null, 400)]
    [InlineData("/frames/1,,2", null, 400)]
    [InlineData("/frames/1-9", null, 400)]
    [InlineData("/frames/99999999999999999999", null, 400)]
    [InlineData("/frames/2147483647", null, 404)]
    [InlineData("/frames/x", null, 400)]
    [InlineData("/frames/1,2/rendered", null, 400)]
    [InlineData("/frames/999999/rendered", null, 404)]
    [InlineData("/rendered", "application/dicom", 406)]
    [InlineData("/rendered?viewport=0,0", null, 400)]
    [InlineData("/rendered?viewport=100000,100000", null, 400)]
    [InlineData("/rendered?viewport=1", null, 400)]
    [InlineData("/rendered?viewport=10,10,0,0,5,5", null, 400)]
    [InlineData("/bulkdata/00480105/0/00282000", "image/jpeg", 406)]
    [InlineData("/bulkdata/00480105/1/00282000", null, 404)]
    [InlineData("/bulkdata/00480105", null, 404)]
    [InlineData("/bulkdata/00480105/-1/00282000", null, 404)]
    [InlineData("/bulkdata/00480105/0", null, 404)]
    [InlineData("/bulkdata/%2e%2e%2f%2e%2e", null, 404)]
    [InlineData("x", null, 404)]
    public async Task What_cannot_be_given_is_refused_in_a_sentence(string path, string? accept, int status)
    {
        var uid = (await slides.InstancesAsync(slides.Made.Series))[0].Uid;

        using var answer = await slides.SendAsync($"{slides.Made.Series}/instances/{uid}{path}", accept);
        var text = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.True(text.Length == 0 || JsonNode.Parse(text)!["detail"] is null || ((string)JsonNode.Parse(text)!["detail"]!).EndsWith('.'), text);
    }

    [Fact]
    public async Task Names_that_are_not_there_or_belong_elsewhere_are_not_found()
    {
        var (study, series) = (slides.Made.Series.Split('/')[1], slides.Made.Series.Split('/')[3]);
        var other = slides.Stored.Series.Split('/')[3];
        foreach (var path in new[] { "studies/1.2.3", $"studies/{study}/series/{other}", $"studies/1.2.3/series/{series}", $"studies/{study}/series/{series}/instances/1.2", "studies/2.25.340282366920938463463374607431768211456.1", $"studies/{new string('1', 3000)}", "studies/%27%3B--/metadata", $"studies/{study}/series/{series}.0/thumbnail" })
        {
            using var answer = await slides.SendAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
        }

        Assert.Equal(400, await StatusAsync($"{slides.Made.Series}/instances/1/frames/{string.Join(',', Enumerable.Range(1, 1001))}"));
    }

    [Fact]
    public async Task Nobody_gets_anything_without_a_session_that_may_look_at_slides()
    {
        foreach (var (client, status) in new[] { (slides.Dsr.Browser(null), HttpStatusCode.Unauthorized), (slides.Dsr.Browser("support"), HttpStatusCode.Forbidden) })
        {
            foreach (var path in new[] { "studies", slides.Made.Series, $"{slides.Made.Series}/metadata", $"{slides.Made.Series}/thumbnail", $"{slides.Made.Series}/instances/1/frames/1" })
                Assert.Equal(status, await client.StatusAsync(HttpMethod.Get, $"dicom-web/{path}"));
        }
    }

    [Fact]
    public async Task A_frame_somebody_has_is_not_sent_again()
    {
        var uid = (await slides.InstancesAsync(slides.Made.Series))[0].Uid;
        using var first = await slides.SendAsync($"{slides.Made.Series}/instances/{uid}/frames/1", "image/jpeg");
        using var again = new HttpRequestMessage(HttpMethod.Get, $"dicom-web/{slides.Made.Series}/instances/{uid}/frames/1") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        again.Headers.TryAddWithoutValidation("Accept", "image/jpeg");

        using var known = await slides.Client.SendAsync(again, Cancel);

        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    private const string Comparison = """
        import sys, json, pydicom
        file, raw = pydicom.dcmread(sys.argv[1]), json.load(open(sys.argv[2]))
        ours = pydicom.Dataset.from_json(raw, bulk_data_uri_handler=lambda *a: b'')
        count = 0
        def text(v):
            if isinstance(v, (list, pydicom.multival.MultiValue)): return [text(x) for x in v]
            return '%.7g' % v if isinstance(v, float) else '' if v is None else str(v)
        def compare(a, b, raw):
            global count
            assert {int(e.tag) for e in a} == {int(e.tag) for e in b}, (a.dir(), b.dir())
            for e in a:
                if 'BulkDataURI' in raw['%08X' % int(e.tag)]: continue
                if e.VR == 'SQ':
                    assert len(e.value) == len(b[e.tag].value)
                    for x, y, r in zip(e.value, b[e.tag].value, raw['%08X' % int(e.tag)].get('Value', [])): compare(x, y, r)
                else:
                    assert text(e.value) == text(b[e.tag].value) or e.is_empty and b[e.tag].is_empty, (e, b[e.tag])
                if a is file: count += 1
        compare(file, ours, raw)
        print(min(count, 99), 'same')
        """;

    private static (int Width, int Height) Size(byte[] jpeg) => PixelCodec.DecodeJpeg(jpeg) is var picture ? (picture.Width, picture.Height) : default;

    private static void AssertFrame(byte[] stored, byte[] given) => Assert.True(
        stored.AsSpan().StartsWith(given) && stored.Length - given.Length is 0 or 1 && (stored.Length == given.Length || stored[^1] == 0), $"{stored.Length} bytes in the file, {given.Length} given");

    private Task<byte[]> SingleAsync(string path, string accept) => SingleAsync(slides, path, accept);

    private static Task<byte[]> SingleAsync(DicomWebSlides from, string path, string accept) => from.BytesAsync(path, accept);

    private async Task<int> StatusAsync(string path)
    {
        using var answer = await slides.SendAsync(path);
        return (int)answer.StatusCode;
    }
}
