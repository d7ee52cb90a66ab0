using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.Dictionary;

public sealed partial class DicomDictionaryTests
{
    [Theory]
    [InlineData("SOPInstanceUID", 0x00080018u, "UI", "1", false)]
    [InlineData("PyramidUID", 0x00080019u, "UI", "1", false)]
    [InlineData("AcquisitionUID", 0x00080017u, "UI", "1", false)]
    [InlineData("TotalPixelMatrixColumns", 0x00480006u, "UL", "1", false)]
    [InlineData("NumberOfOpticalPaths", 0x00480302u, "UL", "1", false)]
    [InlineData("TotalPixelMatrixFocalPlanes", 0x00480303u, "UL", "1", false)]
    [InlineData("BarcodeValue", 0x22000005u, "LT", "1", false)]
    [InlineData("ExtendedOffsetTable", 0x7FE00001u, "OV", "1", false)]
    [InlineData("CommandGroupLength", 0x00000000u, "UL", "1", false)]
    [InlineData("ImageType", 0x00080008u, "CS", "2-n", false)]
    [InlineData("CurveDimensions", 0x50000005u, "US", "1", true)]
    [InlineData("Item", 0xFFFEE000u, "", "1", false)]
    public void Attributes_are_found_by_tag_and_by_keyword(string keyword, uint tag, string vr, string multiplicity, bool isRetired)
    {
        var entry = DicomDictionary.FindKeyword(keyword);

        Assert.Equal(new DicomTag(tag), entry?.Tag);
        Assert.Equal(entry, DicomDictionary.Find(new DicomTag(tag)));
        Assert.Equal((keyword, vr, multiplicity, isRetired), (entry!.Value.Keyword, entry.Value.Vr.ToString(), entry.Value.Multiplicity, entry.Value.IsRetired));
    }

    [Fact]
    public void What_is_not_there_is_not_found()
    {
        Assert.Null(DicomDictionary.Find(new DicomTag(0x00091001)));
        Assert.Null(DicomDictionary.Find(new DicomTag(0x50010005)));
        Assert.Null(DicomDictionary.FindKeyword(""));
        Assert.Null(DicomDictionary.FindKeyword("sopInstanceUID"));
        Assert.Null(DicomDictionary.FindKeyword("Größe"));
        Assert.Null(DicomDictionary.FindKeyword(new string('A', 200)));
    }

    [Fact]
    public void Repeating_groups_are_found_by_each_of_their_members()
    {
        Assert.Equal("OverlayRows", DicomDictionary.Find(new DicomTag(0x60000010))?.Keyword);
        Assert.Equal("OverlayRows", DicomDictionary.Find(new DicomTag(0x60FE0010))?.Keyword);
        Assert.Equal(new DicomTag(0x60FE0010), DicomDictionary.Find(new DicomTag(0x60FE0010))?.Tag);
        Assert.Equal("SourceImageIDs", DicomDictionary.Find(new DicomTag(0x002031FF))?.Keyword);
        Assert.Equal("PixelData", DicomDictionary.Find(Tags.PixelData)?.Keyword);
        Assert.Equal("VariablePixelData", DicomDictionary.Find(new DicomTag(0x7F020010))?.Keyword);
    }

    [Fact]
    public void VRs_where_none_is_written_come_from_the_dictionary_or_the_kind_of_tag()
    {
        Assert.Equal(Vr.UL, DicomDictionary.VrOf(new DicomTag(0x00090000)));
        Assert.Equal(Vr.LO, DicomDictionary.VrOf(new DicomTag(0x00090010)));
        Assert.Equal(Vr.UN, DicomDictionary.VrOf(new DicomTag(0x00091001)));
        Assert.Equal(Vr.UN, DicomDictionary.VrOf(new DicomTag(0x00089999)));
        Assert.Equal(Vr.OW, DicomDictionary.VrOf(Tags.PixelData));
        Assert.Equal([Vr.US, Vr.SS], DicomDictionary.Find(Tags.SmallestImagePixelValue)!.Value.Vrs);
    }

    [Fact]
    public void Table_is_sorted_and_every_keyword_leads_back_to_its_entry()
    {
        var entries = DicomDictionary.Entries.ToList();

        Assert.True(entries.Count > 4900);
        Assert.True(entries.Take(DictionaryTable.AttributeCount).Zip(entries.Skip(1).Take(DictionaryTable.AttributeCount - 1)).All(p => p.First.Tag < p.Second.Tag));
        foreach (var entry in entries.Where(e => e.Keyword.Length > 0))
        {
            Assert.Equal(entry.Tag, DicomDictionary.FindKeyword(entry.Keyword)?.Tag);
            Assert.All(entry.Vrs, vr => Assert.True(vr.IsKnown));
        }
    }

    [Fact]
    public void Every_constant_has_the_name_of_its_keyword()
    {
        var constants = typeof(Tags).GetProperties(BindingFlags.Public | BindingFlags.Static);

        Assert.True(constants.Length > 4800);
        foreach (var constant in constants)
        {
            Assert.Equal(constant.Name, DicomDictionary.Find((DicomTag)constant.GetValue(null)!)?.Keyword);
        }
    }

    [Fact]
    public void Every_entry_agrees_with_the_dictionary_of_DCMTK()
    {
        var path = Directory.Exists("/usr/share") ? Directory.EnumerateDirectories("/usr/share", "libdcmtk*").Select(d => Path.Join(d, "dicom.dic")).FirstOrDefault(File.Exists) : null;
        if (path is null) Missing.Peer("DCMTK's data dictionary (Debian package libdcmtk)");
        var compared = 0;
        foreach (var line in File.ReadLines(path!))
        {
            if (EntryOfDcmtk().Match(line) is not { Success: true } match) continue;
            var tag = new DicomTag(Hex(match.Groups["group"]), Hex(match.Groups["element"]));
            var (vr, keyword, multiplicity) = (match.Groups["vr"].Value, match.Groups["name"].Value, match.Groups["vm"].Value);
            var entry = DicomDictionary.Find(tag);
            Assert.True(entry is not null, $"{tag} {keyword} is missing");
            if (entry.Value.Keyword.Length == 0) continue; // a name that PS3.6 has withdrawn since

            Assert.Equal(Plain(keyword), entry.Value.Keyword);
            Assert.True(multiplicity == entry.Value.Multiplicity, $"{tag} has multiplicity {entry.Value.Multiplicity}, in DCMTK {multiplicity}");
            Assert.True(Vrs(vr).Contains(string.Join(' ', entry.Value.Vrs)), $"{tag} has VR {string.Join(' ', entry.Value.Vrs)}, in DCMTK {vr}");
            // The reverse does not hold: DCMTK 3.6.7 has overlooked two of the retired print attributes.
            Assert.True(entry.Value.IsRetired || !match.Groups["version"].Value.EndsWith("retired", StringComparison.Ordinal), $"{tag} {keyword} is retired");
            compared++;
        }

        Assert.InRange(compared, 4900, 6000);
    }

    /// <summary>DCMTK's own signs for what has several VRs.</summary>
    private static string[] Vrs(string vr) => vr switch
    {
        "xs" => ["US SS"],
        "ox" or "px" => ["OB OW"],
        "lt" => ["US SS OW", "US OW"],
        "up" => ["UL"],
        "na" => [""],
        _ => [vr],
    };

    private static string Plain(string keyword) => keyword.Replace("RETIRED_", "", StringComparison.Ordinal).Replace("ACR_NEMA_", "", StringComparison.Ordinal);

    private static ushort Hex(Group group) => ushort.Parse(group.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\((?<group>[0-9A-Fa-f]{4})(-[0-9A-Fa-f]{4})?,(?<element>[0-9A-Fa-f]{4})(-[0-9A-Fa-f]{4})?\)\t(?<vr>\w+)\t(?<name>\w+)\t(?<vm>[\w-]+)\t(?<version>DICOM.*)$")]
    private static partial Regex EntryOfDcmtk();
}
