using System.Buffers;
using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Tiles of an SVS level as DICOM frames: the same entropy-coded bytes, behind a constant prefix where the page keeps the JPEG tables for all
/// its tiles or RGB needs the marker that says so.
/// </summary>
public sealed class SvsToDicomFrames : IFrameSource
{
    private const int StartOfImageBytes = 2;

    private readonly SvsFile _file;
    private readonly SvsTiles _tiles;
    private readonly byte[] _prefix;
    private readonly int _transformAt;
    private readonly string _name;

    private SvsToDicomFrames(SvsFile file, SvsLevel level, WsiCoding coding, byte[] prefix, int transformAt = -1)
    {
        (_file, _tiles, Coding, _prefix, _transformAt) = (file, level.Tiles, coding, prefix, transformAt);
        _name = FormattableString.Invariant($"TIFF directory {level.Page.Index}");
    }

    /// <summary>How the frames are coded.</summary>
    public WsiCoding Coding { get; }

    /// <inheritdoc/>
    public int Count => _tiles.Count;

    /// <inheritdoc/>
    public int LengthOf(int tile)
    {
        var length = checked((int)_tiles[tile].Length);
        return length == 0 || _prefix.Length == 0 ? length : _prefix.Length + length - StartOfImageBytes;
    }

    /// <inheritdoc/>
    public void Read(int tile, Span<byte> destination)
    {
        var range = _tiles[tile];
        if (_prefix.Length == 0)
        {
            _file.Read(range, destination);
            if (_transformAt >= 0) destination[_transformAt] = 1;
            return;
        }

        // The tile's SOI is read where the prefix will end, checked, and overwritten.
        var body = destination[(_prefix.Length - StartOfImageBytes)..];
        _file.Read(range, body);
        if (body.Length < StartOfImageBytes || body[0] != 0xFF || body[1] != 0xD8)
            throw new SlideException(FormattableString.Invariant($"{_name}: tile {tile} does not begin as a JPEG"));
        _prefix.CopyTo(destination);
    }

    /// <summary>Finds out from the first tile how a level is to be carried.</summary>
    /// <returns>The frames; or, with null, a sentence saying why it cannot be.</returns>
    /// <exception cref="SlideException">The level's own structure is wrong.</exception>
    public static (SvsToDicomFrames? Frames, Refusal? Refusal) Open(SvsFile file, SvsLevel level)
    {
        var first = FirstTile(level);
        if (first is not { } range) return Refuse(level, "has no tile", "TileByteCounts");
        if (level.Tiles.MaxByteCount > Array.MaxLength) return Refuse(level, "has a tile of 2 GiB or more", "TileByteCounts");
        var tile = new byte[range.Length];
        file.Read(range, tile);
        return level.Page.Compression switch
        {
            TiffCompression.Jpeg => OpenJpeg(file, level, tile),
            TiffCompression.Jpeg2000Rgb or TiffCompression.Jpeg2000YCbCr => OpenJpeg2000(file, level, tile),
            TiffCompression.None => OpenNative(file, level),
            var other => Refuse(level, $"is coded in a way DICOM has no transfer syntax for ({other})", "Compression"),
        };
    }

    private static FileRange? FirstTile(SvsLevel level)
    {
        for (var i = 0; i < level.Tiles.Count; i++)
            if (level.Tiles[i].Length > 0) return level.Tiles[i];
        return null;
    }

    private static (SvsToDicomFrames?, Refusal?) OpenJpeg(SvsFile file, SvsLevel level, byte[] tile)
    {
        if (JpegHeader.Parse(tile) is not { } header) return Refuse(level, "its first tile is not a readable JPEG", "TileOffsets");
        if (header.Process != JpegProcess.Baseline || header.Precision != 8 || header.ComponentCount is not (1 or 3))
            return Refuse(level, $"its JPEG is not 8-bit baseline with 1 or 3 components ({header.Process})", "Compression");
        if (header.Width != level.TileWidth || header.Height != level.TileHeight)
            return Refuse(level, $"its tiles are {header.Width}x{header.Height} inside, {level.TileWidth}x{level.TileHeight} outside", "TileWidth");

        var color = JpegColor.Resolve(header, level.Page.DeclaredColor) ?? ColorSpace.YCbCr;
        // Only RGB needs a marker: without one every reader takes three components for YCbCr. YCbCr streams are left as they are.
        var insertion = color == ColorSpace.Rgb ? JpegPatch.For(header, color).Insertion : [];
        byte[] prefix = [];
        if (!header.HasQuantizationTables || !header.HasHuffmanTables)
        {
            if (JpegTables.TryCreate(level.Page.JpegTables.Span, insertion, out var tables) != OperationStatus.Done)
                return Refuse(level, "its tiles lack the tables that JPEGTables should have", "JPEGTables");
            prefix = tables!.Prefix.ToArray();
        }
        else if (!insertion.IsEmpty)
        {
            prefix = [0xFF, 0xD8, .. insertion];
        }

        var coding = color switch
        {
            ColorSpace.Rgb => WsiCoding.JpegRgb,
            ColorSpace.Gray => WsiCoding.JpegRgb with { PhotometricInterpretation = "MONOCHROME2" },
            _ => WsiCoding.JpegYCbCr,
        };
        return (new SvsToDicomFrames(file, level, coding, prefix), null);
    }

    /// <summary>The multiple component transform decides what the samples are; Aperio's YCbCr without it is made to use it (see remarks).</summary>
    /// <remarks>
    /// 33003 at 4:4:4 with the 9/7 wavelet: setting the transform bit of COD makes the decoder apply ICT, whose matrix is JFIF's up to rounding.
    /// Not so for 5/3, whose RCT is another matrix; that, and subsampled chroma, is YBR_FULL_422 (CP-2650), which older readers do not know.
    /// </remarks>
    private static (SvsToDicomFrames?, Refusal?) OpenJpeg2000(SvsFile file, SvsLevel level, byte[] tile)
    {
        if (Jpeg2000Header.Parse(tile) is not { } header) return Refuse(level, "its first tile is not a raw JPEG 2000 codestream", "TileOffsets");
        if (header.IsHighThroughput || !header.IsEightBitColor)
            return Refuse(level, "its JPEG 2000 is not Part 1 with three components of 8 bits", "Compression");
        if (header.Width != level.TileWidth || header.Height != level.TileHeight)
            return Refuse(level, $"its tiles are {header.Width}x{header.Height} inside, {level.TileWidth}x{level.TileHeight} outside", "TileWidth");

        var transformAt = -1;
        string photometric;
        if (header.UsesComponentTransform) photometric = header.IsReversible ? "YBR_RCT" : "YBR_ICT";
        else if (level.Page.Compression == TiffCompression.Jpeg2000Rgb) photometric = "RGB";
        else if (header.IsSubsampled || header.IsReversible) photometric = "YBR_FULL_422";
        else (photometric, transformAt) = ("YBR_ICT", ComponentTransformAt(tile, header.EndOfHeader));

        var syntax = header.IsReversible ? TransferSyntax.Jpeg2000Lossless : TransferSyntax.Jpeg2000;
        var coding = new WsiCoding(syntax, photometric, header.IsReversible ? null : "ISO_15444_1");
        return (new SvsToDicomFrames(file, level, coding, [], transformAt), null);
    }

    /// <summary>Where SGcod's transform byte lies: behind marker, length, Scod, progression order and layers of COD (T.800 A.6.1).</summary>
    private static int ComponentTransformAt(ReadOnlySpan<byte> codestream, int endOfHeader)
    {
        for (var at = 2; at + 4 <= endOfHeader;)
        {
            if (codestream[at] == 0xFF && codestream[at + 1] == 0x52) return at + 4 + 1 + 1 + 2;
            at += 2 + (codestream[at + 2] << 8 | codestream[at + 3]);
        }

        return -1;
    }

    private static (SvsToDicomFrames?, Refusal?) OpenNative(SvsFile file, SvsLevel level)
    {
        var bytes = (long)level.TileWidth * level.TileHeight * 3;
        if (level.Page is not { SamplesPerPixel: 3, BitsPerSample: 8, Photometric: TiffPhotometric.Rgb })
            return Refuse(level, "its uncompressed tiles are not 8-bit RGB", "PhotometricInterpretation");
        for (var i = 0; i < level.Tiles.Count; i++)
        {
            if (level.Tiles[i].Length is var length && length != bytes && length != 0)
                return Refuse(level, $"uncompressed tile {i} has {length} bytes, not {bytes}", "TileByteCounts");
        }

        return (new SvsToDicomFrames(file, level, WsiCoding.NativeRgb, []), null);
    }

    private static (SvsToDicomFrames?, Refusal?) Refuse(SvsLevel level, string why, string attribute) =>
        (null, new Refusal(FormattableString.Invariant($"Level of {level.Width}x{level.Height}: {why}"), attribute));
}
