using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tests.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>Which pages an SVS gets: levels, thumbnail, label, macro, and the words on them.</summary>
public sealed class SvsPagesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Level_off_a_power_of_two_is_left_out_and_told()
    {
        using var slide = Assemble(new TestInstance(128, 128), new TestInstance(43, 43), new TestInstance(32, 32));

        Assert.Equal([128, 32], slide.Svs!.Levels.Select(l => l.Width));
        Assert.Contains("43x43", Assert.Single(slide.Report.DroppedLevels), StringComparison.Ordinal);
        Assert.Equal(slide.Report.DroppedLevels, slide.Verify().NotCarried);
    }

    [Fact]
    public void Level_not_taller_than_the_thumbnail_is_left_out()
    {
        using var slide = Assemble(new TestInstance(128, 128), new TestInstance(32, 32), new TestInstance(40, 40, 40, "THUMBNAIL"));

        Assert.Equal(128, Assert.Single(slide.Svs!.Levels).Width);
        Assert.Equal(40, slide.Svs.Thumbnail!.Height);
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Level_that_is_one_frame_of_its_own_size_becomes_the_thumbnail()
    {
        using var source = new TestInstance(128, 128).Open(_folder);
        var small = new TestInstance(32, 32, 32);
        using var tiny = small.Open(_folder);

        var slide = Assert.Single(Slideport.Slides.DicomWsi.WsiSlide.Group([source, tiny]));
        var result = DicomToSvs.Convert(slide, _folder["x.svs"], cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(result.IsConverted);
        using var svs = SvsFile.Open(_folder["x.svs"]);
        Assert.Single(svs.Levels);
        Assert.Equal(small.Frames[0], SvsPictures.ReadJpeg(svs, svs.Thumbnail!));
    }

    [Fact]
    public void Label_that_is_one_jpeg_is_copied_and_an_uncompressed_one_becomes_lzw()
    {
        var overview = new TestInstance(40, 40, 40, "OVERVIEW");
        var label = new TestInstance(16, 16, flavor: "LABEL").Native([.. Enumerable.Range(0, 768).Select(i => (byte)(i % 256))]);

        using var slide = Assemble(new TestInstance(128, 128), overview, label);

        Assert.Equal((TiffCompression.Lzw, TiffCompression.Jpeg), (slide.Svs!.Label!.Page.Compression, slide.Svs.Macro!.Page.Compression));
        Assert.Equal(overview.Frames[0], SvsPictures.ReadJpeg(slide.Svs, slide.Svs.Macro));
        Assert.Equal(label.Frames[0], SvsPictures.ReadRgb(slide.Svs, slide.Svs.Label).Pixels);
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Label_in_several_frames_is_put_together_and_cropped()
    {
        Tools.RequireVips();
        using var slide = Assemble(new TestInstance(128, 128), new TestInstance(40, 20, 16, "LABEL"));

        Assert.Equal((40, 20, TiffCompression.Lzw), (slide.Svs!.Label!.Width, slide.Svs.Label.Height, slide.Svs.Label.Page.Compression));
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Label_in_a_coding_nobody_here_decodes_refuses_the_slide()
    {
        using var slide = Assemble(
            new TestInstance(128, 128), new TestInstance(16, 16, flavor: "LABEL") { Syntax = TransferSyntax.RleLossless });

        Assert.Equal("TransferSyntaxUID", slide.Refusal.Attribute);
        Assert.StartsWith("Label", slide.Refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "Aperio Leica Biosystems GT450 v1.0.1")]
    [InlineData(false, "Aperio Image Library v12.0.0 (Slideport)")]
    public void Banner_of_the_gt_450_is_only_written_with_label_and_macro(bool hasLabel, string banner)
    {
        var level = new TestInstance(128, 128).With(Tags.ManufacturerModelName, "Aperio GT 450").With(Tags.SoftwareVersions, "1.0.1");
        TestInstance[] pictures = hasLabel
            ? [new TestInstance(16, 16, flavor: "LABEL"), new TestInstance(16, 16, flavor: "OVERVIEW")]
            : [new TestInstance(16, 16, flavor: "OVERVIEW")];

        using var slide = Assemble([level, .. pictures]);

        Assert.Equal(banner, slide.Svs!.Description.Banner);
        Assert.Equal($"{banner}\nmacro 16x16", slide.Svs.Macro!.Page.DescriptionText);
    }

    [Fact]
    public void Each_level_states_its_own_size_and_resolution()
    {
        using var slide = Assemble(new TestInstance(128, 128), new TestInstance(32, 32));

        var text = SvsDescription.Parse(slide.Svs!.Levels[1].Page.DescriptionText!);
        Assert.Equal("32x32 [0,0,32x32] (16x16) JPEG/YCC Q=90", text.Geometry);
        Assert.Equal("2.000000", text.Find("MPP"));
        Assert.Equal("0.500000", slide.Svs.Description.Find("MPP"));
    }

    [Fact]
    public void Identifiers_are_written_only_when_asked_for()
    {
        TestInstance[] Make() =>
        [
            new TestInstance(128, 128).With(Tags.ContainerIdentifier, "S-1"),
            new TestInstance(16, 16, flavor: "LABEL").With(Tags.BarcodeValue, "PV22;S-1\r\n"),
        ];

        using var silent = Assemble(Make());
        using var open = new AssembledSlide(_folder, Make(), new SvsOptions { IncludeIdentifiers = true });

        Assert.Equal(("S-1", "PV22;S-1"), (silent.Dicom.Metadata.ContainerIdentifier, silent.Dicom.Metadata.Barcode));
        Assert.Null(silent.Svs!.Description.Find("Barcode"));
        Assert.Equal("PV22;S-1", open.Svs!.Description.Find("Barcode"));
    }

    [Fact]
    public void Time_of_the_scan_is_told_as_aperio_does()
    {
        using var slide = Assemble(
            new TestInstance(128, 128).With(Tags.AcquisitionDateTime, "20210317132746.123+0800").With(Tags.DeviceSerialNumber, "SS12042"));

        var text = slide.Svs!.Description;
        Assert.Equal(
            ("03/17/2021", "13:27:46", "GMT+0800", "SS12042"),
            (text.Find("Date"), text.Find("Time"), text.Find("Time Zone"), text.Find("ScanScope ID")));
    }

    [Fact]
    public void Thumbnail_larger_than_any_small_picture_is_made_anew()
    {
        Tools.RequireVips();
        var frame = new BaselineJpeg { Jfif = true }.Encode(TestInstance.Picture(16, 16, 1));
        var large = new TestInstance(2304, 16, 16, "THUMBNAIL") { Frames = [.. Enumerable.Repeat(frame, 144)] };

        using var slide = Assemble(new TestInstance(4608, 32), large);

        Assert.InRange(slide.Svs!.Thumbnail!.Width, 1, 1024);
        Assert.Equal(["The thumbnail was made anew"], slide.Verify().NotCarried);
    }

    [Fact]
    public async Task Readers_open_a_sparse_slide_without_holes_in_it()
    {
        var encoder = new BaselineJpeg { Jfif = true, Horizontal = 2, Vertical = 2 };
        var made = new TestInstance(128, 128, 64);
        made.Frames = [.. Enumerable.Range(0, 4).Select(i => encoder.Encode(TestPicture.Window(i % 2 * 64, i / 2 * 64, 64, 64, 128, 128)))];
        using var slide = Assemble(
            made.Sparse(3, 0), new TestInstance(16, 16, flavor: "LABEL"), new TestInstance(16, 16, flavor: "OVERVIEW"));
        slide.Dispose();

        var script = """
            import sys, numpy, openslide
            s = openslide.OpenSlide(sys.argv[1])
            a = numpy.asarray(s.read_region((0, 0), 0, (128, 128)))
            assert (a[..., 3] == 255).all() and (a[:64, 64:] == 255).all() and a[:64, :64, :3].mean() < 250
            print(s.properties['openslide.mpp-x'], sorted(s.associated_images), len(dict(s.properties)) > 10)
            """;
        Assert.Equal("0.5 ['label', 'macro', 'thumbnail'] True\n", await Tools.PythonAsync("openslide", script, slide.Path));
        var (code, _, errors) = await Tools.RunAsync("tiffinfo", slide.Path);
        Assert.Equal((0, ""), (code, errors));
    }

    private AssembledSlide Assemble(params TestInstance[] made) => new(_folder, made);
}
