using Slideport.Dicom;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>A real slide there and back: every tile, label, macro and number arrives as it was, in every layout and split.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DicomLayout.Full, int.MaxValue)]
    [InlineData(DicomLayout.Sparse, int.MaxValue)]
    [InlineData(DicomLayout.ThreeD, int.MaxValue)]
    [InlineData(DicomLayout.Full, 50)]
    [InlineData(DicomLayout.ThreeD, 7)]
    public void Slide_comes_back_as_it_was(DicomLayout layout, int framesPerInstance)
    {
        var original = RealSlides.Path("CMU-1-Small-Region.svs");
        var dicom = ToDicom(original, layout, framesPerInstance);

        var result = ToSvs(dicom, "back.svs");

        Assert.True(result.IsConverted, result.Refusal?.Reason);
        Assert.Equal((1, 130, 0), (result.Report.Levels, (int)result.Report.Tiles, (int)result.Report.RewrittenTiles));
        var back = _folder["back.svs"];
        foreach (var (source, output) in (ReadOnlySpan<(string, string)>)[(original, dicom), (dicom, back), (original, back)])
        {
            var report = Fidelity.Compare(source, output, TestContext.Current.CancellationToken);
            Assert.Null(report.Difference);
            Assert.Equal((130, 0), ((int)report.Tiles, (int)report.Holes));
            Assert.Empty(report.NotCarried);
        }
    }

    [Fact]
    public void Changes_of_headers_are_listed_and_nothing_else_is_one()
    {
        var original = RealSlides.Path("CMU-1-Small-Region.svs");
        var dicom = ToDicom(original, DicomLayout.Full);

        var changes = Fidelity.Compare(original, dicom, TestContext.Current.CancellationToken).Changes;
        Assert.Equal(["Adobe segment inserted", "common JPEG tables put into the tile"], changes.Select(c => c.What));
        Assert.All(changes, c => Assert.Equal(130, c.Tiles));

        ToSvs(dicom, "back.svs");
        Assert.Empty(Fidelity.Compare(dicom, _folder["back.svs"], TestContext.Current.CancellationToken).Changes);
    }

    [Fact]
    public void Metadata_comes_back()
    {
        var original = RealSlides.Path("CMU-1-Small-Region.svs");
        ToSvs(ToDicom(original, DicomLayout.Sparse), "back.svs");

        using var one = SvsFile.Open(original);
        using var other = SvsFile.Open(_folder["back.svs"]);
        foreach (var key in (ReadOnlySpan<string>)["AppMag", "ScanScope ID", "Time"])
            Assert.Equal(one.Description.Find(key), other.Description.Find(key));
        Assert.Equal(one.Description.ScanTime, other.Description.ScanTime);
        Assert.Equal(one.Description.MicronsPerPixel!.Value, other.Description.MicronsPerPixel!.Value, 6);
        Assert.Equal((one.Label!.Width, one.Label.Height), (other.Label!.Width, other.Label.Height));
        Assert.Equal((one.Macro!.Width, one.Macro.Height), (other.Macro!.Width, other.Macro.Height));
    }

    [Fact]
    public void Change_of_one_bit_is_found_and_told_with_its_place()
    {
        var original = RealSlides.Path("CMU-1-Small-Region.svs");
        var bytes = File.ReadAllBytes(original);
        FileRange range;
        using (var svs = SvsFile.Open(original)) range = svs.Levels[0].Tiles[77];
        bytes[range.Offset + 1000] ^= 0x10;
        var changed = _folder.Write("changed.svs", bytes);

        var difference = Fidelity.Compare(original, changed, TestContext.Current.CancellationToken).Difference!;

        Assert.Equal(("2220x2967", 77, 1000L), (difference.Level, difference.Tile, difference.Offset));
    }

    [Fact]
    public void What_is_there_is_told_in_both_formats()
    {
        var original = RealSlides.Path("CMU-1-Small-Region.svs");
        var svs = Assert.Single(SlideInfo.Read(original));
        var dicom = Assert.Single(SlideInfo.Read(ToDicom(original, DicomLayout.Full)));

        Assert.Equal((SlideFormat.Svs, SlideFormat.DicomWsi), (svs.Format, dicom.Format));
        Assert.Equal(
            svs.Levels.Select(l => (l.Width, l.Height, l.Tiles, l.Coding)),
            dicom.Levels.Select(l => (l.Width, l.Height, l.Tiles, l.Coding)));
        Assert.Equal(svs.Pictures.Select(p => (p.Kind, p.Width, p.Height)), dicom.Pictures.Select(p => (p.Kind, p.Width, p.Height)));
        Assert.Equal(svs.Metadata.ScanTime, dicom.Metadata.ScanTime);
        Assert.Equal(svs.Metadata.ObjectivePower, dicom.Metadata.ObjectivePower);
        Assert.Contains("\"Width\":2220", System.Text.Json.JsonSerializer.Serialize(dicom), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_in_a_folder_are_passed_over_and_broken_ones_told()
    {
        var folder = ToDicom(RealSlides.Path("CMU-1-Small-Region.svs"), DicomLayout.Full);
        File.WriteAllText(Path.Join(folder, "notes.txt"), "nothing");
        var broken = new byte[200];
        "DICM"u8.CopyTo(broken.AsSpan(128));
        File.WriteAllBytes(Path.Join(folder, "broken.dcm"), broken);

        using var source = SlideSource.Open(folder);

        Assert.Single(source.Slides);
        Assert.Contains("broken.dcm", Assert.Single(source.Problems), StringComparison.Ordinal);
        Assert.Equal(SlideFormat.DicomWsi, SlideSource.Detect(folder));
        Assert.Null(SlideSource.Detect(Path.Join(folder, "notes.txt")));
        Assert.Throws<SlideException>(() => SlideSource.Open(Directory.CreateDirectory(_folder["empty"]).FullName));
    }

    private string ToDicom(string svs, DicomLayout layout, int framesPerInstance = int.MaxValue)
    {
        var folder = _folder["dicom"];
        var writer = new WsiWriterOptions { MaxFramesPerInstance = framesPerInstance, Flush = false };
        var options = new SvsToDicomOptions { Layout = layout, Writer = writer };
        Assert.Null(SvsToDicom.Convert(svs, folder, options, TestContext.Current.CancellationToken).Refusal);
        return folder;
    }

    private ConversionResult ToSvs(string folder, string name)
    {
        using var source = SlideSource.Open(folder);
        return DicomToSvs.Convert(source.Single().Dicom!, _folder[name], cancellationToken: TestContext.Current.CancellationToken);
    }
}
