using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Tests.Jpeg;

public sealed class JpegColorTests
{
    private static readonly byte[] Ids123 = [1, 2, 3];
    private static readonly byte[] Ids012 = [0, 1, 2];
    private static readonly byte[] IdsRgb = "RGB"u8.ToArray();

    public static TheoryData<string, byte[], string?, ColorSpace, JpegPatchKinds> Cases => new()
    {
        // why, stream, DICOM's label, truth, patches
        { "wsi2dcm: JFIF 4:2:0 labelled RGB", JpegBytes.Color(Ids123, 0x22, jfif: true), "RGB", ColorSpace.YCbCr, JpegPatchKinds.None },
        { "4:2:2 without marker labelled RGB", JpegBytes.Color(Ids012, 0x21), "RGB", ColorSpace.YCbCr, JpegPatchKinds.None },
        { "4:2:0 with ids R,G,B", JpegBytes.Color(IdsRgb, 0x22), "RGB", ColorSpace.YCbCr, JpegPatchKinds.InsertJfif },
        { "4:2:0 with Adobe RGB", JpegBytes.Color(Ids123, 0x22, adobe: 0), "YBR_FULL_422", ColorSpace.YCbCr, JpegPatchKinds.SetAdobeTransform },
        { "Adobe RGB labelled YBR", JpegBytes.Color(Ids123, adobe: 0), "YBR_FULL_422", ColorSpace.Rgb, JpegPatchKinds.None },
        { "Adobe YCC labelled RGB", JpegBytes.Color(Ids123, adobe: 1), "RGB", ColorSpace.YCbCr, JpegPatchKinds.None },
        { "Adobe YCCK on three components", JpegBytes.Color(Ids123, adobe: 2), "RGB", ColorSpace.YCbCr, JpegPatchKinds.SetAdobeTransform },
        { "JFIF beside Adobe RGB", JpegBytes.Color(Ids123, jfif: true, adobe: 0), "RGB", ColorSpace.YCbCr, JpegPatchKinds.SetAdobeTransform },
        { "JFIF 4:4:4 labelled RGB", JpegBytes.Color(Ids123, jfif: true), "RGB", ColorSpace.YCbCr, JpegPatchKinds.None },
        { "ids R,G,B labelled YBR", JpegBytes.Color(IdsRgb), "YBR_FULL", ColorSpace.Rgb, JpegPatchKinds.None },
        { "Aperio RGB: ids 0,1,2, no marker", JpegBytes.Color(Ids012), "RGB", ColorSpace.Rgb, JpegPatchKinds.InsertAdobeRgb },
        { "ids 1,2,3, no marker, RGB", JpegBytes.Color(Ids123), "RGB ", ColorSpace.Rgb, JpegPatchKinds.InsertAdobeRgb },
        { "ids 0,1,2, no marker, YBR", JpegBytes.Color(Ids012), "YBR_FULL_422", ColorSpace.YCbCr, JpegPatchKinds.InsertJfif },
        { "ids 1,2,3, no marker, YBR", JpegBytes.Color(Ids123), "YBR_FULL_422\0", ColorSpace.YCbCr, JpegPatchKinds.None },
        { "ids 1,2,3, no marker, no label", JpegBytes.Color(Ids123), null, ColorSpace.YCbCr, JpegPatchKinds.None },
        { "gray", new JpegBytes().Frame(8, 8, [1], [0x11]).Scan(1).Picture().End(), "RGB", ColorSpace.Gray, JpegPatchKinds.None },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Stream_decides_before_the_label(string why, byte[] jpeg, string? label, ColorSpace expected, JpegPatchKinds patches)
    {
        var header = JpegHeader.Parse(jpeg)!.Value;

        var color = JpegColor.Resolve(header, label);

        Assert.True(expected == color, why);
        Assert.Equal(patches, JpegPatch.For(header, color!.Value).Kinds);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Patched_markers_say_the_truth_and_the_entropy_coded_bytes_stay(string why, byte[] jpeg, string? label, ColorSpace expected, JpegPatchKinds _)
    {
        var header = JpegHeader.Parse(jpeg)!.Value;
        var patch = JpegPatch.For(header, expected);
        var output = new byte[jpeg.Length + JpegPatch.MaxGrowth];

        Assert.Equal(System.Buffers.OperationStatus.Done, patch.Apply(jpeg, output, out var written));

        var patched = JpegHeader.Parse(output.AsSpan(0, written))!.Value;
        Assert.True(expected == JpegColor.OfMarkers(patched), why);
        Assert.Equal(expected, JpegColor.Resolve(patched, label));
        Assert.Equal(JpegPatchKinds.None, JpegPatch.For(patched, expected).Kinds);
        Assert.Equal(jpeg[header.EndOfHeader..], output[patched.EndOfHeader..written]);
    }

    [Fact]
    public void Two_and_four_components_have_no_colour_space_here()
    {
        var two = JpegHeader.Parse(new JpegBytes().Frame(8, 8, [1, 2], [0x11, 0x11]).Scan(1, 2).End())!.Value;
        var four = JpegHeader.Parse(new JpegBytes().Frame(8, 8, [1, 2, 3, 4], [0x11, 0x11, 0x11, 0x11]).Scan(1, 2, 3, 4).End())!.Value;

        Assert.Null(JpegColor.Resolve(two, "RGB"));
        Assert.Null(JpegColor.Resolve(four, "RGB"));
    }

    [Fact]
    public void Jfif_goes_when_the_picture_is_declared_RGB_by_force()
    {
        var jpeg = JpegBytes.Color(Ids012, jfif: true);
        var output = new byte[jpeg.Length + JpegPatch.MaxGrowth];
        var patch = JpegPatch.For(JpegHeader.Parse(jpeg)!.Value, ColorSpace.Rgb);

        patch.Apply(jpeg, output, out var written);

        Assert.Equal(JpegPatchKinds.RemoveJfif | JpegPatchKinds.InsertAdobeRgb, patch.Kinds);
        Assert.Equal(ColorSpace.Rgb, JpegColor.OfMarkers(JpegHeader.Parse(output.AsSpan(0, written))!.Value));
    }

    [Fact]
    public void A_missing_end_is_appended()
    {
        var cut = new JpegBytes().Frame(8, 8, [1], [0x11]).Scan(1).Picture().Cut();
        var output = new byte[cut.Length + JpegPatch.MaxGrowth];
        var patch = JpegPatch.For(JpegHeader.Parse(cut)!.Value, ColorSpace.Gray, endsWithEndOfImage: JpegEnd.TrimmedLength(cut) > 0);

        patch.Apply(cut, output, out var written);

        Assert.Equal([.. cut, 0xFF, 0xD9], output[..written]);
    }

    [Fact]
    public void A_patch_refuses_too_small_an_output_and_a_header_that_is_cut()
    {
        var jpeg = JpegBytes.Color(Ids012);
        var patch = JpegPatch.For(JpegHeader.Parse(jpeg)!.Value, ColorSpace.Rgb);
        var end = JpegHeader.Parse(jpeg)!.Value.EndOfHeader;

        Assert.Equal(System.Buffers.OperationStatus.DestinationTooSmall, patch.Apply(jpeg, new byte[jpeg.Length], out _));
        for (var length = 0; length < end; length++)
            Assert.Equal(System.Buffers.OperationStatus.NeedMoreData, patch.Apply(jpeg.AsSpan(0, length), new byte[1000], out _));
    }

    [Fact]
    public void End_markers_in_the_header_or_astride_its_end_do_not_count()
    {
        // Found by the fuzzer: the scan header's last byte is FF and the first entropy-coded one D9.
        var header = new JpegBytes().Segment(0xE1, 1, 0xFF, 0xD9, 2).Frame(8, 8, [1], [0x11]).Segment(0xDA, 1, 1, 0, 0, 63, 0xFF).Cut();
        byte[] cut = [.. header, 0xD9, 7, 7];

        var end = JpegHeader.Parse(cut)!.Value.EndOfHeader;

        Assert.Equal(header.Length, end);
        Assert.Equal(-1, JpegEnd.TrimmedLength(cut, end));
        Assert.Equal(cut.Length + 2, JpegEnd.TrimmedLength([.. cut, 0xFF, 0xD9, 0], end));
        Assert.Equal(System.Buffers.OperationStatus.Done, JpegStrips.Join([], [cut], 8, 8, out var joined));
        Assert.Equal([.. cut, 0xFF, 0xD9], joined);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0xFF, 0xD9 }, 3)]
    [InlineData(new byte[] { 1, 0xFF, 0xD9, 0 }, 3)]
    [InlineData(new byte[] { 0xFF, 0xD9, 1, 0xFF, 0xD9, 0, 0, 7 }, 5)]
    [InlineData(new byte[] { 1, 2, 0xFF }, -1)]
    [InlineData(new byte[] { }, -1)]
    public void A_frame_ends_behind_its_last_end_marker(byte[] frame, int length) => Assert.Equal(length, JpegEnd.TrimmedLength(frame));
}
