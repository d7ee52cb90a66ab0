using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Json;
using Slideport.Dicom.Part10;

namespace Slideport.Dicom.Tests.Json;

/// <summary>Data sets in JSON (PS3.18 F): what the standard's examples have, and what pydicom and DCMTK make of the same file.</summary>
public sealed class DicomJsonWriterTests
{
    [Fact]
    public void Every_kind_of_value_is_written_as_the_standard_has_it()
    {
        var json = Write(Everything());

        AssertJson("""{"vr":"CS","Value":["ISO_IR 192"]}""", json, "00080005");
        AssertJson("""{"vr":"PN","Value":[{"Alphabetic":"Wang^XiaoDong","Ideographic":"王^小东"},null,{"Phonetic":"やまだ^たろう"}]}""", json, "00100010");
        AssertJson("""{"vr":"DS","Value":[1.5,-2000,null]}""", json, "00181041");
        AssertJson("""{"vr":"IS","Value":[7,-3]}""", json, "00200013");
        AssertJson("""{"vr":"AT","Value":["00280010","7FE00010"]}""", json, "00209165");
        AssertJson("""{"vr":"LT","Value":[" one \\ line"]}""", json, "00104000");
        AssertJson("""{"vr":"OB","InlineBinary":"AAEC/w=="}""", json, "00282000");
        AssertJson("""{"vr":"SV","Value":["-9007199254740993",5]}""", json, "00720082");
        AssertJson("""{"vr":"UV","Value":["18446744073709551615"]}""", json, "00720083");
        AssertJson("""{"vr":"FL","Value":[0.1]}""", json, "00186020");
        AssertJson("""{"vr":"DA"}""", json, "00100030");
        AssertJson("""{"vr":"SQ"}""", json, "00081199");
        AssertJson("""{"vr":"SQ","Value":[{},{"00080100":{"vr":"SH","Value":["é"]},"00480105":{"vr":"SQ","Value":[{}]}}]}""", json, "00082218");
        AssertJson("""{"vr":"UN","InlineBinary":"AQI="}""", json, "00091001");
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_text()
    {
        var set = new DicomDataSet().Set(Tags.RecommendedDisplayFrameRateInFloat, Vr.FL, [.. BitConverter.GetBytes(float.NaN), .. BitConverter.GetBytes(float.NegativeInfinity)])
            .Set(Tags.ImagedVolumeWidth, Vr.FD, BitConverter.GetBytes(double.PositiveInfinity));

        var json = Write(set);

        AssertJson("""{"vr":"FL","Value":["NaN","-Infinity"]}""", json, "00089459");
        AssertJson("""{"vr":"FD","Value":["Infinity"]}""", json, "00480001");
    }

    [Fact]
    public void Long_values_are_named_by_the_path_to_them()
    {
        var set = new DicomDataSet().Set(Tags.OpticalPathSequence, new DicomDataSet(), new DicomDataSet().Set(Tags.ICCProfile, new byte[2000]).Set(Tags.ColorSpace, "SRGB"));

        var json = Write(set, new DicomJsonOptions { BulkDataUri = path => "bulk/" + path });

        Assert.Equal("bulk/00480105/1/00282000", (string?)json["00480105"]!["Value"]![1]!["00282000"]!["BulkDataURI"]);
        Assert.Equal(2000, Convert.FromBase64String((string)Write(set)["00480105"]!["Value"]![1]!["00282000"]!["InlineBinary"]!).Length);
    }

    [Fact]
    public void A_value_left_in_its_file_is_refused_where_nobody_tells_where_it_can_be_had()
    {
        using var file = new TempFile();
        using (var output = File.Create(file.Path))
            Part10File.Write(output, Everything().Set(Tags.ICCProfile, new byte[100_000]), TransferSyntax.ExplicitVrLittleEndian);
        using var read = Part10File.Open(file.Path);

        Assert.Contains("(0028,2000)", Assert.Throws<DicomException>(() => Write(read.DataSet)).Message, StringComparison.Ordinal);
        Assert.Equal("00282000", (string?)Write(read.DataSet, new DicomJsonOptions { BulkDataUri = path => path })["00282000"]!["BulkDataURI"]);
    }

    [Fact]
    public void Sequences_nested_as_deep_as_a_file_may_have_them_are_written()
    {
        var set = new DicomDataSet();
        for (var depth = 0; depth < DicomReaderLimits.Default.MaxDepth; depth++)
            set = new DicomDataSet().Set(Tags.ReferencedSeriesSequence, set);

        Assert.NotNull(Write(set));
    }

    [Fact]
    public void Frame_groups_left_in_the_file_are_read_item_by_item()
    {
        using var file = new TempFile();
        var items = Enumerable.Range(0, 500).Select(i => new DicomDataSet().Set(Tags.PlanePositionSlideSequence, new DicomDataSet().Set(Tags.ColumnPositionInTotalImagePixelMatrix, i))).ToList();
        var set = Everything().Set(Tags.PerFrameFunctionalGroupsSequence, items).Set(Tags.PixelData, Vr.OW, new byte[2]);
        using (var output = File.Create(file.Path))
            Part10File.Write(output, set, TransferSyntax.ExplicitVrLittleEndian);
        using var read = Part10File.Open(file.Path);

        var positions = read.ReadFrameGroups().Select(item => item.GetItem(Tags.PlanePositionSlideSequence)!.GetInt32(Tags.ColumnPositionInTotalImagePixelMatrix));

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (int?)i), positions);
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("camelyon16-level.dcm")]
    [InlineData("dicom-wsi2dcm/level-0-frames-0-30.dcm")]
    public void Pydicom_reads_back_what_it_reads_from_the_file(string source)
    {
        using var file = new TempFile();
        var path = Prepare(source, file);
        using var json = new TempFile();
        using (var read = Part10File.Open(path, _ => false))
            File.WriteAllText(json.Path, Write(read.DataSet, new DicomJsonOptions { BulkDataUri = p => p }).ToJsonString());

        var said = Peer.Python(PydicomComparison, path, json.Path);

        Assert.Matches(@"^[2-9][0-9] seen\n0 differ$", said.Trim());
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("camelyon16-level.dcm")]
    public void Dcmtk_writes_the_same(string source)
    {
        using var file = new TempFile();
        var path = Prepare(source, file);
        using var read = Part10File.Open(path, _ => false);
        var ours = Write(read.DataSet);
        using var withoutPixels = new TempFile(); // compressed ones are beyond dcm2json
        using (var output = File.Create(withoutPixels.Path))
            Part10File.Write(output, read.DataSet, TransferSyntax.ExplicitVrLittleEndian);

        var theirs = JsonNode.Parse(Peer.Run("dcm2json", "-q", withoutPixels.Path))!.AsObject();

        foreach (var (tag, expected) in theirs)
        {
            // Of the character set both say what the JSON has.
            if (tag == "00080005") continue;
            Assert.True(Same(expected, ours[tag]), $"{tag}: {expected?.ToJsonString()} / {ours[tag]?.ToJsonString()}");
        }
    }

    private const string PydicomComparison = """
        import sys, json, math, pydicom, warnings
        warnings.simplefilter('ignore')
        file = pydicom.dcmread(sys.argv[1])
        raw = json.load(open(sys.argv[2]))
        ours = pydicom.Dataset.from_json(raw, bulk_data_uri_handler=lambda *a: b'')
        seen = [0]; differ = [0]
        def text(value):
            if isinstance(value, (list, pydicom.multival.MultiValue)): return [text(v) for v in value]
            if isinstance(value, float): return 'nan' if math.isnan(value) else '%.7g' % value
            if isinstance(value, (bytes, bytearray)): return bytes(value)
            if value is None: return ''
            if isinstance(value, str) and value in ('NaN',): return 'nan'
            return str(value).rstrip(' ')
        def compare(a, b, raw):
            for element in a:
                key = '%08X' % int(element.tag)
                if key in ('7FE00010', '00080005') or element.tag.element == 0: continue
                if key not in raw: print('missing', key); differ[0] += 1; continue
                if 'BulkDataURI' in raw[key]: continue
                seen[0] += 1
                other = b[element.tag]
                if element.VR == 'SQ':
                    if len(element.value) != len(other.value): print('items', key); differ[0] += 1
                    for x, y, r in zip(element.value, other.value, raw[key].get('Value', [])): compare(x, y, r)
                elif text(element.value) != text(other.value) and not (element.is_empty and other.is_empty):
                    print(key, element.VR, repr(text(element.value)), repr(text(other.value))); differ[0] += 1
        compare(file, ours, raw)
        print(seen[0], 'seen')
        print(differ[0], 'differ')
        """;

    private static DicomDataSet Everything() => new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 192")
        .Set(Tags.ImageType, "ORIGINAL", "PRIMARY", "VOLUME", "NONE").Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.SOPInstanceUID, "1.2.3")
        .Set(Tags.StudyDate, "20260301").Set(Tags.StudyTime, "120000.5").Set(Tags.AcquisitionDateTime, "20260301120000+0100").Set(Tags.RetrieveAETitle, "ONE", "TWO")
        .Set(Tags.PatientName, "Wang^XiaoDong=王^小东\\\\==やまだ^たろう").SetEmpty(Tags.PatientBirthDate).Set(Tags.PatientAge, "042Y")
        .Set(Tags.PatientComments, " one \\ line  ").Set(Tags.ContrastBolusVolume, "1.50\\-2e3\\").Set(Tags.InstanceNumber, "7\\-3")
        .Set(Tags.DimensionIndexPointer, Tags.Rows, Tags.PixelData).Set(Tags.ICCProfile, [0, 1, 2, 255])
        .Set(new DicomTag(0x00720082), Vr.SV, -9007199254740993, 5).Set(new DicomTag(0x00720083), Vr.UV, [255, 255, 255, 255, 255, 255, 255, 255])
        .Set(new DicomTag(0x00186020), Vr.FL, [.. BitConverter.GetBytes(0.1f)]).Set(Tags.ImagedVolumeDepth, 2.5)
        .Set(Tags.Rows, 512).Set(Tags.TotalPixelMatrixColumns, 4_000_000_000).Set(Tags.ColumnPositionInTotalImagePixelMatrix, -5)
        .Set(Tags.RetrieveURL, "https://example.org/a b").Set(Tags.LabelText, "long\ntext").SetEmpty(Tags.ReferencedSOPSequence)
        .Set(new DicomTag(0x00090010), Vr.LO, "SLIDEPORT TEST").Set(new DicomTag(0x00091001), Vr.UN, [1, 2])
        .Set(Tags.AnatomicRegionSequence, new DicomDataSet(), new DicomDataSet().Set(Tags.CodeValue, "é").Set(Tags.OpticalPathSequence, new DicomDataSet()));

    private static string Prepare(string source, TempFile file)
    {
        if (source != "everything") return RealSlides.Path(source);
        using var output = File.Create(file.Path);
        Part10File.Write(output, Everything(), TransferSyntax.ExplicitVrLittleEndian);
        return file.Path;
    }

    private static JsonObject Write(DicomDataSet set, DicomJsonOptions? options = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            new DicomJsonWriter(json, options).Write(set);
        return JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()), null, new JsonDocumentOptions { MaxDepth = 1000 })!.AsObject();
    }

    private static void AssertJson(string expected, JsonObject json, string tag) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), json[tag]), $"{tag}: {json[tag]?.ToJsonString()}");

    /// <summary>Numbers may be text, as the standard leaves it open; text is compared without the padding that DCMTK keeps.</summary>
    private static bool Same(JsonNode? expected, JsonNode? found) => (expected, found) switch
    {
        (JsonObject a, JsonObject b) => a.Where(p => !IsEmpty(p.Value)).All(p => Same(p.Value, b[p.Key])),
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(p => Same(p.First, p.Second)),
        (JsonValue a, JsonValue b) => Text(a) == Text(b),
        _ => IsEmpty(expected) && IsEmpty(found),
    };

    private static bool IsEmpty(JsonNode? node) => node is null or JsonArray { Count: 0 } || node is JsonArray array && array.All(IsEmpty) || node is JsonValue value && value.ToString().Trim().Length == 0;

    private static string Text(JsonValue value) => value.ToString().Trim() is var text && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number.ToString("G7", System.Globalization.CultureInfo.InvariantCulture)
        : text;
}
