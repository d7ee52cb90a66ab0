using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Tests.DataSets;

namespace Slideport.Dicom.Tests.Part10;

/// <summary>DCMTK and pydicom read what is written here, and what they write is read here.</summary>
public sealed class OtherImplementationsTests
{
    private const string Walk = """
        import sys, pydicom
        def walk(ds, indent):
            for tag in sorted(ds.keys()):
                raw = ds.get_item(tag)
                if isinstance(raw, pydicom.dataelem.RawDataElement) and raw.VR != 'SQ':
                    print(f"{indent}({tag.group:04X},{tag.elem:04X}){raw.VR} {(raw.value or b'').hex().upper()}")
                elif raw.VR != 'SQ': # Specific Character Set, which pydicom has looked at already
                    value = str(raw.value).encode()
                    print(f"{indent}({tag.group:04X},{tag.elem:04X}){raw.VR} {(value + b' ' * (len(value) % 2)).hex().upper()}")
                else:
                    print(f"{indent}({tag.group:04X},{tag.elem:04X})SQ ")
                    for item in ds[tag].value: walk(item, indent + ' ')
        walk(pydicom.dcmread(sys.argv[1]), '')
        """;

    [Theory]
    [InlineData("+te", "-e")]
    [InlineData("+te", "+e")]
    [InlineData("+ti", "-e")]
    [InlineData("+ti", "+e")]
    [InlineData("+tb", "-e")]
    [InlineData("+tb", "+e")]
    [InlineData("+td", "-e")]
    public void What_DCMTK_makes_of_a_file_reads_the_same(string syntax, string lengths)
    {
        using var ours = new TempFile(Sample());
        using var theirs = new TempFile();

        Peer.Run("dcmconv", syntax, lengths, ours.Path, theirs.Path);

        using var before = Part10File.Open(ours.Path);
        using var after = Part10File.Open(theirs.Path);
        Assert.Empty(after.Warnings);
        Assert.Equal(Describe(before.DataSet), Describe(after.DataSet));
    }

    [Fact]
    public void DCMTK_reads_a_file_without_complaint()
    {
        using var ours = new TempFile(Sample());

        var dump = Peer.Run("dcmdump", "--print-all", ours.Path);

        Assert.DoesNotContain("W: ", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("E: ", dump, StringComparison.Ordinal);
        Assert.Contains("[139590]", dump, StringComparison.Ordinal);
        Assert.Contains("=JPEGBaseline", Peer.Run("dcmdump", Encapsulated().Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Pydicom_reads_the_same_elements_and_values()
    {
        using var ours = new TempFile(Sample());

        using var file = Part10File.Open(ours.Path);
        Assert.Equal(Describe(file.DataSet).TrimEnd('\n'), Peer.Python(Walk, ours.Path).TrimEnd('\n'));
    }

    [Fact]
    public void Pydicom_finds_the_same_frames()
    {
        using var ours = Encapsulated();

        var lengths = Peer.Python("""
            import sys, pydicom
            from pydicom.encaps import generate_pixel_data_frame
            ds = pydicom.dcmread(sys.argv[1])
            print(' '.join(frame.hex() for frame in generate_pixel_data_frame(ds.PixelData, 3)))
            """, ours.Path);

        using var file = Part10File.Open(ours.Path);
        var index = file.BuildFrameIndex();
        var frames = Enumerable.Range(0, 3).Select(i => Convert.ToHexStringLower(WsiFile.Read(ours.Path, index.Fragments(i))));
        Assert.Equal(string.Join(' ', frames), lengths.Trim());
    }

    [Fact]
    public void Pydicom_decodes_the_same_names()
    {
        var files = new List<TempFile>();
        var names = new List<string?>();
        foreach (var row in DicomCharacterSetTests.Names)
        {
            var (terms, _, name) = row.Data;
            if (terms.Contains("IR 58", StringComparison.Ordinal)) continue; // pydicom 2.3 leaves the escape sequences in the text
            var set = WsiFile.DataSet(1).Set(Tags.SpecificCharacterSet, terms).Set(Tags.PatientName, name);
            using var stream = new MemoryStream();
            Part10File.Write(stream, set, TransferSyntax.ExplicitVrLittleEndian);
            files.Add(new TempFile(stream.ToArray()));
            using var file = Part10File.Open(files[^1].Path);
            names.Add(file.DataSet.GetString(Tags.PatientName));
        }

        var decoded = Peer.Python("import sys, pydicom\nfor p in sys.argv[1:]: print(str(pydicom.dcmread(p).PatientName))", [.. files.Select(f => f.Path)]);

        files.ForEach(f => f.Dispose());
        Assert.Equal(names.Select(n => n!.TrimEnd('=')), decoded.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(n => n.TrimEnd('=')));
    }

    private static byte[] Sample()
    {
        var set = DicomDataSetTests.Sample();
        set.GetItem(Tags.OpticalPathSequence)!.Set(Tags.ICCProfile, new byte[51]);
        using var stream = new MemoryStream();
        Part10File.Write(stream, set.Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.SOPInstanceUID, "2.25.9"), TransferSyntax.ExplicitVrLittleEndian);
        return stream.ToArray();
    }

    private static TempFile Encapsulated()
    {
        byte[][] fragments = [WsiFile.Frame(1), WsiFile.Frame(2, 30), WsiFile.Frame(3), WsiFile.Frame(4, 8)];
        return new TempFile(WsiFile.WithFragments(3, WsiFile.UInt32s(0, 28, 66), fragments));
    }

    private static string Describe(DicomDataSet set, string indent = "") => string.Concat(set.Elements.Select(e =>
        $"{indent}{e.Tag}{e.Vr} {Convert.ToHexString(set.GetBytes(e.Tag) ?? [])}\n" + string.Concat(e.Items.Select(i => Describe(i, indent + " ")))));
}
