using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Jpeg;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>
/// What an SVS cannot hold, and what is wrong with frames (rows D14 to D18 of the bad-input catalogue): refused by name, or put right.
/// </summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1.2.840.10008.1.2.4.80")]
    [InlineData("1.2.840.10008.1.2.4.81")]
    [InlineData("1.2.840.10008.1.2.4.201")]
    [InlineData("1.2.840.10008.1.2.4.202")]
    [InlineData("1.2.840.10008.1.2.4.203")]
    [InlineData("1.2.840.10008.1.2.4.110")]
    [InlineData("1.2.840.10008.1.2.4.111")]
    [InlineData("1.2.840.10008.1.2.4.57")]
    [InlineData("1.2.840.10008.1.2.4.70")]
    [InlineData("1.2.840.10008.1.2.5")]
    [InlineData("1.2.840.10008.1.2.8.1")]
    [InlineData("1.2.3.4.5.6.7.8.9")]
    public void Coding_without_a_place_in_svs_is_refused_with_its_syntax(string syntax)
    {
        using var slide = Assemble(new TestInstance(32, 16) { Syntax = TransferSyntax.Find(syntax) });

        Assert.Equal("TransferSyntaxUID", slide.Refusal.Attribute);
        Assert.Contains(syntax, slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("YBR_FULL", 0)]
    [InlineData("PALETTE COLOR", 0)]
    public void Uncompressed_samples_that_are_not_rgb_are_refused(string photometric, int planar)
    {
        var made = new TestInstance(16, 16).Native(new byte[768]).With(Tags.PhotometricInterpretation, photometric)
            .With(Tags.PlanarConfiguration, planar);

        using var slide = Assemble(made);

        Assert.Equal("PhotometricInterpretation", slide.Refusal.Attribute);
    }

    [Theory]
    [InlineData("YBR_ICT")]
    [InlineData("RGB")]
    public void Photometric_interpretation_that_lies_is_overruled_by_the_frames(string photometric)
    {
        using var slide = Assemble(new TestInstance(32, 16).With(Tags.PhotometricInterpretation, photometric));

        Assert.Equal(Slideport.Slides.Tiff.TiffPhotometric.YCbCr, slide.Svs!.Levels[0].Page.Photometric);
    }

    [Fact]
    public void Frame_that_is_no_jpeg_is_named()
    {
        var made = new TestInstance(64, 16);
        made.Frames[2] = [0xF3, 0xD8, .. made.Frames[2][2..]];

        using var slide = Assemble(made);

        Assert.Equal("PixelData", slide.Refusal.Attribute);
        Assert.Contains("frame 3", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Frame_of_another_size_is_refused_wherever_it_is()
    {
        var first = new TestInstance(32, 16);
        first.Frames[0] = TestInstance.Frame(24, 16, 0);
        var later = new TestInstance(32, 16);
        later.Frames[1] = TestInstance.Frame(24, 16, 0);

        using var one = Assemble(first);
        using var two = Assemble(later);

        Assert.Equal("Columns", one.Refusal.Attribute);
        Assert.Contains("frame 2", two.Refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_of_other_sampling_cannot_stand_side_by_side()
    {
        var made = new TestInstance(32, 16);
        made.Frames[1] = new BaselineJpeg { Jfif = true }.Encode(TestInstance.Picture(16, 16, 5));

        using var slide = Assemble(made);

        Assert.Contains("frame 2", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xC3, 8)]
    [InlineData(0xC9, 8)]
    [InlineData(0xC1, 12)]
    [InlineData(0xC1, 8)]
    [InlineData(0xC2, 8)]
    public void Jpeg_that_is_not_8_bit_baseline_is_refused(byte marker, byte precision)
    {
        var frame = new JpegBytes().Jfif().Quantization().Frame(16, 16, [1, 2, 3], [0x22, 0x11, 0x11], marker, precision).Segment(0xC4)
            .Scan(1, 2, 3).Picture().End();

        using var slide = Assemble(new TestInstance(16, 16) { Frames = [frame] });

        Assert.Equal("PixelData", slide.Refusal.Attribute);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Missing_end_marker_is_appended(int frame)
    {
        var made = new TestInstance(48, 16);
        var whole = made.Frames[frame];
        made.Frames[frame] = whole[..^2];

        using var slide = Assemble(made);

        Assert.Equal(whole, Padded(slide.Tile(frame), whole));
        Assert.Equal(made.Frames[(frame + 1) % 3], slide.Tile((frame + 1) % 3));
        Assert.Equal(JpegPatchKinds.AppendEndOfImage, slide.Report.Patches);
        Assert.Contains(slide.Report.Warnings, w => w.Contains("no end marker", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(300)]
    public void Bytes_behind_the_end_marker_are_left_out(int count)
    {
        var made = new TestInstance(48, 16);
        var whole = made.Frames[1];
        made.Frames[1] = [.. whole, .. new byte[count]];

        using var slide = Assemble(made);

        Assert.Equal(whole, slide.Tile(1));
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Embedded_thumbnail_with_markers_of_its_own_confuses_nobody()
    {
        var plain = TestInstance.Frame(16, 16, 50);
        byte[] exif = [0xFF, 0xE1, 0, 14, .. "Exif\0\0"u8, 0xFF, 0xD8, 1, 2, 0xFF, 0xD9];
        byte[] frame = [.. plain[..2], .. exif, .. plain[2..]];

        using var slide = Assemble(new TestInstance(48, 16) { Frames = [frame, plain, frame] });

        Assert.Equal([frame, plain, frame], slide.Tiles());
    }

    [Fact]
    public void Frame_that_is_header_only_is_refused()
    {
        var made = new TestInstance(48, 16);
        made.Frames[1] = made.Frames[1][..JpegHeader.Parse(made.Frames[1])!.Value.EndOfHeader];

        using var slide = Assemble(made);

        Assert.Contains("frame 2", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Abbreviated_jpeg_is_refused()
    {
        var encoder = new BaselineJpeg { Jfif = true, Abbreviated = true };

        using var slide = Assemble(new TestInstance(16, 16) { Frames = [encoder.Encode(TestInstance.Picture(16, 16, 1))] });

        Assert.Contains("tables", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(24, 16, "Columns")]
    [InlineData(16, 16, "PixelData")]
    public void Jpeg_2000_of_another_size_or_cut_short_is_refused(int width, int height, string attribute)
    {
        var frame = Slideport.Slides.Jpeg2000.WhiteJpeg2000.Create(width, height, ColorSpace.Rgb);
        if (attribute == "PixelData") frame = frame[..^2];
        var made = new TestInstance(32, 16) { Frames = [frame, frame], Syntax = TransferSyntax.Jpeg2000 };

        using var slide = Assemble(made);

        Assert.Equal(attribute, slide.Refusal.Attribute);
    }

    [Fact]
    public void Fewer_fragments_than_frames_are_refused()
    {
        var made = new TestInstance(48, 16).With(Tags.NumberOfFrames, "3");
        made.Frames.RemoveAt(2);

        using var slide = Assemble(made);

        Assert.Equal("PixelData", slide.Refusal.Attribute);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 255, 255, 255, 255, 8, 0, 0, 0 })]
    [InlineData(new byte[] { 9, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 2, 3 })]
    public void Offset_table_that_is_wrong_is_ignored_with_a_warning(byte[] table)
    {
        var made = new TestInstance(48, 16) { OffsetTable = table };

        using var slide = Assemble(made);

        Assert.Equal(made.Frames, slide.Tiles());
        Assert.Contains(slide.Report.Warnings, w => w.Contains("Basic Offset Table is ignored", StringComparison.Ordinal));
    }

    [Fact]
    public void More_fragments_than_frames_are_refused()
    {
        var made = new TestInstance(48, 16).With(Tags.NumberOfFrames, "3");
        made.Frames.Add(made.Frames[0]);

        using var slide = Assemble(made);

        Assert.Equal("PixelData", slide.Refusal.Attribute);
    }

    [Fact]
    public void Missing_delimiter_is_tolerated_and_a_wrong_item_refused()
    {
        var made = new TestInstance(48, 16);
        var bytes = File.ReadAllBytes(made.Write(_folder["whole.dcm"]));
        using var open = WsiInstance.Open(_folder.Write("open.dcm", bytes.AsSpan(0, bytes.Length - 8)));
        var item = bytes.AsSpan().LastIndexOf(new byte[] { 0xFE, 0xFF, 0x00, 0xE0 });
        bytes[item + 2] = 0x55;
        using var wrong = WsiInstance.Open(_folder.Write("wrong.dcm", bytes));

        using (var assembly = SvsAssembly.Create(_folder["wrong.svs"]))
            Assert.Equal(
                "PixelData", assembly.Finish(WsiSlide.Group([wrong])[0], TestContext.Current.CancellationToken).Refusal?.Attribute);
        Assert.Equal(3, open.Frames.Count);
        Assert.Contains(open.Warnings, w => w.Contains("not closed", StringComparison.Ordinal));
    }

    [Fact]
    public void Empty_frame_is_refused()
    {
        var made = new TestInstance(48, 16);
        made.Frames[1] = [];

        using var slide = Assemble(made);

        Assert.Equal("PixelData", slide.Refusal.Attribute);
    }

    [Fact]
    public void Slide_that_is_not_complete_is_refused()
    {
        using var half = Assemble(new TestInstance(64, 16).Part("1.9", 1, 2, 0, 2));
        using var none = Assemble(new TestInstance(16, 16, flavor: "LABEL"));

        Assert.Contains("not complete", half.Refusal.Reason, StringComparison.Ordinal);
        Assert.Equal("ImageType", none.Refusal.Attribute);
    }

    [Fact]
    public void Defects_and_contradictions_reach_the_result()
    {
        using var defect = Assemble(new TestInstance(32, 16).With(Tags.BitsAllocated, 16));
        using var twice = Assemble(new TestInstance(32, 16), new TestInstance(32, 16));
        using var offGrid = Assemble(new TestInstance(32, 16).At((1, 1), (9, 1)));

        Assert.Equal(
            ["BitsAllocated", "SOPInstanceUID", "RowPositionInTotalImagePixelMatrix"],
            new[] { defect, twice, offGrid }.Select(s => s.Refusal.Attribute));
    }

    [Fact]
    public void Parts_of_one_level_must_be_coded_alike()
    {
        var second = new TestInstance(64, 16).Part("1.9", 2, 2, 2, 2);
        second.Frames = [.. second.Frames.Select((_, i) => new BaselineJpeg { Jfif = true }.Encode(TestInstance.Picture(16, 16, i)))];

        using var slide = Assemble(new TestInstance(64, 16).Part("1.9", 1, 2, 0, 2), second);

        Assert.Contains("coded differently", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_cut_after_it_was_opened_is_an_error_and_no_slide()
    {
        var made = new TestInstance(64, 16);
        using var instance = made.Open(_folder);
        _ = instance.Frames;
        using (var file = File.Open(instance.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(file.Length - 300);

        Assert.ThrowsAny<Exception>(
            () => DicomToSvs.Convert(
                WsiSlide.Group([instance])[0], _folder["cut.svs"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder["cut.svs"]));
    }

    /// <summary>DICOM's padding byte may stand before an end marker that was appended.</summary>
    private static byte[] Padded(byte[] tile, byte[] whole) => tile.Length == whole.Length + 1 ? [.. tile[..^3], .. tile[^2..]] : tile;

    private AssembledSlide Assemble(params TestInstance[] made) => new(_folder, made);
}
