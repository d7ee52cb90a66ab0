using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using NetVips;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.Jpeg2000;

public sealed class Jpeg2000Tests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Header_of_a_codestream_made_by_OpenJPEG_is_read(bool lossless)
    {
        var stream = Encode(TestPicture.Gradient(200, 100), lossless);

        Assert.Equal(OperationStatus.Done, Jpeg2000Header.TryParse(stream, out var header));

        Assert.Equal((200, 100, 0u, 0u), (header.Width, header.Height, header.XOffset, header.YOffset));
        Assert.True(header.IsEightBitColor && header.UsesComponentTransform && !header.IsSubsampled && !header.IsHighThroughput);
        Assert.Equal(lossless, header.IsReversible);
        Assert.Equal(new byte[] { 0xFF, 0x90 }, stream.AsSpan(header.EndOfHeader, 2).ToArray());
    }

    public static TheoryData<int, int, ColorSpace, int, int> Whites => new()
    {
        { 256, 256, ColorSpace.Rgb, 1, 1 },
        { 240, 240, ColorSpace.Rgb, 1, 1 },
        { 1, 1, ColorSpace.Rgb, 1, 1 },
        { 2, 3, ColorSpace.Rgb, 1, 1 },
        { 1000, 17, ColorSpace.Rgb, 1, 1 },
        { 8192, 2, ColorSpace.Rgb, 1, 1 },
        { 256, 256, ColorSpace.YCbCr, 1, 1 },
        { 256, 256, ColorSpace.YCbCr, 2, 1 },
        { 240, 240, ColorSpace.YCbCr, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Whites))]
    public void White_is_white_in_every_pixel_to_OpenJPEG(int width, int height, ColorSpace color, int horizontal, int vertical)
    {
        Tools.RequireVips();
        var stream = WhiteJpeg2000.Create(width, height, color, (horizontal, vertical));

        var picture = PixelCodec.DecodeJpeg2000(stream, color);

        Assert.Equal((width, height), (picture.Width, picture.Height));
        Assert.Equal(-1, picture.Pixels.AsSpan().IndexOfAnyExcept((byte)255));
        Assert.InRange(stream.Length, 50, 300);
        var header = Jpeg2000Header.Parse(stream)!.Value;
        Assert.Equal((width, height), (header.Width, header.Height));
        Assert.Equal(color == ColorSpace.Rgb, header.UsesComponentTransform);
        Assert.Equal((horizontal, vertical) != (1, 1), header.IsSubsampled);
        Assert.Equal(stream.Length, JpegEnd.TrimmedLength(stream));
    }

    [Fact]
    public void White_refuses_what_it_cannot_make()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg2000.Create(0, 1, ColorSpace.Rgb));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg2000.Create(1, 8193, ColorSpace.Rgb));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg2000.Create(1, 1, ColorSpace.Gray));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg2000.Create(1, 1, ColorSpace.Rgb, (2, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => WhiteJpeg2000.Create(1, 1, ColorSpace.YCbCr, (3, 1)));
    }

    [Fact]
    public void Every_prefix_of_a_header_needs_more_data()
    {
        var stream = WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb);
        var end = Jpeg2000Header.Parse(stream)!.Value.EndOfHeader;

        for (var length = 0; length < end + 4; length++) Assert.Equal(OperationStatus.NeedMoreData, Jpeg2000Header.TryParse(stream.AsSpan(0, length), out _));
        for (var length = end + 4; length <= stream.Length; length++) Assert.Equal(OperationStatus.Done, Jpeg2000Header.TryParse(stream.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData(4, 0, "SIZ too short")]
    [InlineData(8, 0, "width 0")]
    [InlineData(24, 0, "tile width 0")]
    [InlineData(40, 0, "no component")]
    [InlineData(43, 0, "sampling 0")]
    [InlineData(42, 0x7F, "precision")]
    public void Header_refuses(int at, byte value, string why)
    {
        var stream = WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb);
        if (at is 8 or 24) BinaryPrimitives.WriteInt32BigEndian(stream.AsSpan(at), value);
        else if (at is 4 or 40) BinaryPrimitives.WriteUInt16BigEndian(stream.AsSpan(at), value);
        else stream[at] = value;

        Assert.True(Jpeg2000Header.TryParse(stream, out _) == OperationStatus.InvalidData, why);
    }

    [Fact]
    public void High_throughput_is_recognised_by_its_capability_marker()
    {
        var stream = WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb);
        const int AfterSiz = 2 + 2 + 47;
        byte[] high = [.. stream[..AfterSiz], 0xFF, 0x50, 0, 8, 0, 2, 0, 0, 0, 0, .. stream[AfterSiz..]];

        Assert.True(Jpeg2000Header.Parse(high)!.Value.IsHighThroughput);
        Assert.False(Jpeg2000Header.Parse(stream)!.Value.IsHighThroughput);
    }

    [Fact]
    public void Codestream_is_found_in_JP2_boxes_of_every_length_form()
    {
        var stream = WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb);
        foreach (var form in new[] { 0, 1, 2 })
        {
            var wrapped = Wrap(stream, form);
            Assert.Equal(OperationStatus.Done, Jp2.Unwrap(wrapped, out var offset, out var length));
            Assert.Equal(stream, wrapped.AsSpan(offset, length).ToArray());
            for (var cut = 0; cut < wrapped.Length - stream.Length; cut++)
                Assert.Equal(OperationStatus.NeedMoreData, Jp2.Unwrap(wrapped.AsSpan(0, cut), out _, out _));
        }

        Assert.Equal(OperationStatus.Done, Jp2.Unwrap(stream, out var start, out var all));
        Assert.Equal((0, stream.Length), (start, all));
        Assert.Equal(OperationStatus.InvalidData, Jp2.Unwrap([0xFF, 0xD8, 0xFF, 0xE0], out _, out _));
    }

    [Fact]
    public void Random_damage_never_throws()
    {
        var stream = Wrap(WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb), 1);

        Gen.Int[0, stream.Length - 1].Select(Gen.Byte).Array[1, 6].Sample(edits =>
        {
            var damaged = (byte[])stream.Clone();
            foreach (var (at, value) in edits) damaged[at] = value;
            if (Jp2.Unwrap(damaged, out var offset, out var length) != OperationStatus.Done) return true;
            return Jpeg2000Header.TryParse(damaged.AsSpan(offset, length), out var header) != OperationStatus.Done || header.EndOfHeader <= length;
        });
    }

    internal static byte[] Encode(TestPicture picture, bool lossless, bool subsampled = false)
    {
        Tools.RequireVips();
        using var raw = Image.NewFromMemory(picture.Rgb, picture.Width, picture.Height, 3, Enums.BandFormat.Uchar);
        using var rgb = raw.Copy(interpretation: Enums.Interpretation.Srgb);
        var file = rgb.Jp2ksaveBuffer(
            lossless: lossless,
            tileWidth: picture.Width,
            tileHeight: picture.Height,
            q: 90,
            subsampleMode: subsampled ? Enums.ForeignSubsample.On : Enums.ForeignSubsample.Off);
        Assert.Equal(OperationStatus.Done, Jp2.Unwrap(file, out var offset, out var length));
        return file[offset..(offset + length)];
    }

    /// <summary>
    /// JP2 with a box in between; the codestream's box ends by its length (0), by the file's end (1) or by a 64-bit length (2).
    /// </summary>
    private static byte[] Wrap(byte[] stream, int form)
    {
        byte[] boxes = [0, 0, 0, 12, .. "jP  "u8, 0x0D, 0x0A, 0x87, 0x0A, 0, 0, 0, 9, .. "ftyp"u8, 1];
        var header = new byte[form == 2 ? 16 : 8];
        BinaryPrimitives.WriteInt32BigEndian(header, form switch { 0 => 8 + stream.Length, 1 => 0, _ => 1 });
        "jp2c"u8.CopyTo(header.AsSpan(4));
        if (form == 2) BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(8), 16 + stream.Length);
        return [.. boxes, .. header, .. stream];
    }
}
