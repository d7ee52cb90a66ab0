using System.Buffers;
using System.Buffers.Binary;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Fuzz.Targets;

/// <summary>JP2 boxes and JPEG 2000 main headers on any bytes; what is accepted must lie inside the input and hold together.</summary>
internal static class Jpeg2000Target
{
    /// <summary>Runs one input; throws where a promise of the parser is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (Jp2.Unwrap(data, out var offset, out var length) != OperationStatus.Done) return;
        Require(offset >= 0 && length >= 0 && offset <= data.Length - length, "codestream outside the frame");
        var stream = data.Slice(offset, length);
        if (Jpeg2000Header.TryParse(stream, out var header) != OperationStatus.Done) return;

        Require(stream[header.EndOfHeader..].StartsWith<byte>([0xFF, 0x90]), "the main header does not end at a tile-part");
        Require(stream.StartsWith<byte>([0xFF, 0x4F, 0xFF, 0x51]), "no SIZ behind SOC");
        Require(header.Width == Number(stream[8..]) - header.XOffset && header.Height == Number(stream[12..]) - header.YOffset, "size");
        Require(
            header.Width > 0 && header.Height > 0 && header.TileWidth > 0 && header.TileHeight > 0 && header.Layers > 0,
            "an empty image");
        Require(header.ComponentCount == stream[40] * 256 + stream[41] && header.ComponentCount > 0, "components");
        Require(!header.IsEightBitColor || header is { ComponentCount: 3, Component0.Precision: 8, Component2.IsSigned: false }, "colour");
        // Any shorter prefix of an accepted header needs more data, never fails.
        for (var cut = Math.Max(0, header.EndOfHeader - 64); cut < header.EndOfHeader; cut++)
            Require(Jpeg2000Header.TryParse(stream[..cut], out _) == OperationStatus.NeedMoreData, "a prefix was judged");
    }

    /// <summary>A raw codestream and the same in JP2 boxes.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        yield return WhiteJpeg2000.Create(64, 64, ColorSpace.Rgb);
        var white = WhiteJpeg2000.Create(4, 4, ColorSpace.YCbCr, (2, 2));
        yield return [0, 0, 0, 12, .. "jP  "u8, 13, 10, 135, 10, 0, 0, 0, 0, .. "jp2c"u8, .. white];
    }

    private static long Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }
}
