using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Compares tiles of two slides, independently of how one was made from the other: entropy-coded bytes must be equal, headers but for the
/// markers that say what the colours are, which must mean the same. Holds one tile of each; not safe for concurrent use.
/// </summary>
internal sealed class TileComparer(Level source, Level output)
{
    private readonly bool _isSaidAlike = source.DeclaredColor == output.DeclaredColor && source.Tiles.Tables.IsEmpty && output.Tiles.Tables.IsEmpty;
    private byte[] _sourceTile = [];
    private byte[] _outputTile = [];
    private byte[] _pixels = [];

    /// <summary>Tiles compared.</summary>
    public long Tiles { get; private set; }

    /// <summary>Tiles the source leaves out.</summary>
    public long Holes { get; private set; }

    /// <summary>Coded bytes found equal.</summary>
    public long Bytes { get; private set; }

    /// <summary>Tiles in which each change was found.</summary>
    public Dictionary<string, long> Changes { get; } = [];

    /// <summary>Compares one tile.</summary>
    /// <returns>The difference; null if there is none.</returns>
    public FidelityDifference? Compare(int tile)
    {
        Tiles++;
        if (!source.Tiles.Contains(tile)) return CompareHole(tile);
        if (!output.Tiles.Contains(tile)) return Differ(tile, "the output has no such tile");
        var length = source.Tiles.Read(tile, ref _sourceTile);
        var sourceBytes = _sourceTile.AsSpan(0, length);
        length = output.Tiles.Read(tile, ref _outputTile);
        var outputBytes = _outputTile.AsSpan(0, length);
        var difference = CompareCoded(tile, sourceBytes, outputBytes);
        // A de-identified copy has no words in its frames: then neither must the source, for the comparison.
        if (difference is null || !BlankWords(sourceBytes)) return difference;
        difference = CompareCoded(tile, sourceBytes, outputBytes);
        if (difference is null) Count("words in the tile's header blanked");
        return difference;
    }

    private bool BlankWords(Span<byte> tile)
    {
        if (source.Coding == TileCoding.Raw) return false;
        if (source.Coding == TileCoding.Jpeg2000 && Jp2.Unwrap(tile, out var start, out var length) == System.Buffers.OperationStatus.Done) tile = tile.Slice(start, length);
        return FrameWords.Blank(tile);
    }

    private FidelityDifference? CompareCoded(int tile, ReadOnlySpan<byte> sourceBytes, ReadOnlySpan<byte> outputBytes)
    {
        return source.Coding switch
        {
            TileCoding.Jpeg => CompareJpeg(tile, sourceBytes, outputBytes),
            TileCoding.Jpeg2000 => CompareJpeg2000(tile, sourceBytes, outputBytes),
            TileCoding.Raw => CompareRaw(tile, sourceBytes, outputBytes),
            _ => CompareBytes(tile, sourceBytes, outputBytes),
        };
    }

    private FidelityDifference? CompareHole(int tile)
    {
        Holes++;
        if (!output.Tiles.Contains(tile)) return null;
        var length = output.Tiles.Read(tile, ref _outputTile);
        var there = _outputTile.AsSpan(0, length);
        return IsAbsent(there) || (there is [.., 0] && IsAbsent(there[..^1])) // DICOM pads to even length
            ? null
            : Differ(tile, "the source has no such tile, but the output has one that is not plain white or the colour the source recommends");
    }

    /// <summary>Only our own tiles are known for one colour without being decoded.</summary>
    private bool IsAbsent(ReadOnlySpan<byte> tile)
    {
        if (source.Coding == TileCoding.Raw)
        {
            var pixels = output.TileWidth * output.TileHeight;
            return tile.SequenceEqual(AbsentTile.Raw(pixels, tile.Length == pixels ? 1 : 3, source.AbsentPixel));
        }

        if (Math.Max(output.TileWidth, output.TileHeight) > WhiteJpeg.MaxSide) return false;
        if (source.Coding == TileCoding.Jpeg)
        {
            return JpegHeader.Parse(tile) is { } header && JpegColor.OfMarkers(header) is { } color
                && tile.SequenceEqual(
                    AbsentTile.Jpeg(output.TileWidth, output.TileHeight, color == ColorSpace.YCbCr ? header.Subsampling : (1, 1), color, source.AbsentPixel));
        }

        return Jpeg2000Header.Parse(tile) is { } codestream && tile.SequenceEqual(WhiteJpeg2000.Create(
            output.TileWidth, output.TileHeight, codestream.UsesComponentTransform ? ColorSpace.Rgb : ColorSpace.YCbCr,
            (codestream.Component1.Horizontal, codestream.Component1.Vertical)));
    }

    private FidelityDifference? CompareJpeg(int tile, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        // Nearly every tile: the same bytes, said to be the same colours. What they mean need not be asked.
        if (_isSaidAlike && from.SequenceEqual(to))
        {
            Bytes += from.Length;
            return null;
        }

        if (JpegHeader.Parse(from) is not { } sourceHeader) return Differ(tile, "the source's tile is not a readable JPEG");
        if (JpegHeader.Parse(to) is not { } outputHeader) return Differ(tile, "the output's tile is not a readable JPEG");
        var isSourceEnded = Trim(ref from, sourceHeader.EndOfHeader);
        var isOutputEnded = Trim(ref to, outputHeader.EndOfHeader);
        var entropy = from[sourceHeader.EndOfHeader..(isSourceEnded ? from.Length - 2 : from.Length)];
        var outputEntropy = to[outputHeader.EndOfHeader..(isOutputEnded ? to.Length - 2 : to.Length)];
        var same = entropy.CommonPrefixLength(outputEntropy);
        if (same < Math.Max(entropy.Length, outputEntropy.Length))
            return Differ(tile, "the entropy-coded bytes differ", sourceHeader.EndOfHeader + same);
        Bytes += entropy.Length;
        if (isSourceEnded != isOutputEnded)
        {
            if (isSourceEnded) return Differ(tile, "the end marker is missing", from.Length - 2);
            Count("end marker appended");
        }

        if (source.Tiles.Tables.IsEmpty && output.Tiles.Tables.IsEmpty
            && from[..sourceHeader.EndOfHeader].SequenceEqual(to[..outputHeader.EndOfHeader]))
            return null;
        return CompareHeaders(tile, from, sourceHeader, to, outputHeader);
    }

    /// <summary>
    /// All segments but the colour markers must be equal and in order, those of the common tables first; the colours must be the same.
    /// </summary>
    private FidelityDifference? CompareHeaders(
        int tile, ReadOnlySpan<byte> from, in JpegHeader sourceHeader, ReadOnlySpan<byte> to, in JpegHeader outputHeader)
    {
        var sourceSegments = new JpegSegments(source.Tiles.Tables.Span, from);
        var outputSegments = new JpegSegments(output.Tiles.Tables.Span, to);
        while (true)
        {
            var (more, outputMore) = (sourceSegments.MoveNext(), outputSegments.MoveNext());
            if (more != outputMore || (more && !sourceSegments.Current.SequenceEqual(outputSegments.Current)))
                return Differ(tile, "the JPEG headers differ in more than their colour markers");
            if (!more) break;
        }

        if (JpegColor.Resolve(sourceHeader, source.DeclaredColor) != JpegColor.Resolve(outputHeader, output.DeclaredColor))
            return Differ(tile, "the JPEG headers mean different colours");
        if (!source.Tiles.Tables.IsEmpty && output.Tiles.Tables.IsEmpty) Count("common JPEG tables put into the tile");
        if (sourceHeader.HasJfif != outputHeader.HasJfif) Count(sourceHeader.HasJfif ? "JFIF segment removed" : "JFIF segment inserted");
        if (sourceHeader.AdobeTransform == outputHeader.AdobeTransform) return null;
        if (sourceHeader.AdobeTransform is null) Count("Adobe segment inserted");
        else Count(outputHeader.AdobeTransform is null ? "Adobe segment removed" : "Adobe segment's colour transform set");
        return null;
    }

    private FidelityDifference? CompareJpeg2000(int tile, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (!Unwrap(ref from) || !Unwrap(ref to)) return Differ(tile, "a tile is not a readable JPEG 2000 codestream");
        Trim(ref from, 0);
        Trim(ref to, 0);
        var same = from.CommonPrefixLength(to);
        if (same < Math.Max(from.Length, to.Length))
        {
            // Aperio's YCbCr codestreams become DICOM's YBR_ICT by one bit of COD: the decoder then does what the reader did after it.
            var isTransform = from.Length == to.Length && from[(same + 1)..].SequenceEqual(to[(same + 1)..])
                && Jpeg2000Header.Parse(from) is { IsReversible: false } one && Jpeg2000Header.Parse(to) is { } other
                && same < one.EndOfHeader && one.UsesComponentTransform != other.UsesComponentTransform
                && source.DeclaredColor == ColorSpace.YCbCr && output.DeclaredColor == ColorSpace.YCbCr;
            if (!isTransform) return Differ(tile, "the codestreams differ", same);
            Count("component transform of JPEG 2000 declared");
        }

        else if (Jpeg2000Header.Parse(from) is { UsesComponentTransform: false } && source.DeclaredColor != output.DeclaredColor)
        {
            return Differ(tile, "the codestreams are the same, but are said to hold other colours");
        }

        Bytes += from.Length;
        return null;
    }

    private FidelityDifference? CompareRaw(int tile, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var pixels = (long)source.TileWidth * source.TileHeight;
        var samples = source.DeclaredColor == ColorSpace.Gray ? 1 : 3;
        if (from.Length < pixels * samples || to.Length < pixels * samples) return Differ(tile, "an uncompressed tile is too short");
        from = from[..(int)(pixels * samples)];
        to = to[..(int)(pixels * samples)];
        if (source.IsPlanar != output.IsPlanar)
        {
            if (_pixels.Length < from.Length) _pixels = new byte[from.Length];
            RawFrame.Interleave(source.IsPlanar ? from : to, _pixels);
            if (source.IsPlanar) from = _pixels.AsSpan(0, from.Length);
            else to = _pixels.AsSpan(0, to.Length);
            Count("planes of samples interleaved");
        }

        return CompareBytes(tile, from, to);
    }

    private FidelityDifference? CompareBytes(int tile, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var same = from.CommonPrefixLength(to);
        if (same < Math.Max(from.Length, to.Length)) return Differ(tile, "the tile's bytes differ", same);
        Bytes += from.Length;
        return null;
    }

    /// <summary>Cuts what lies behind the last end marker; whether there is one.</summary>
    private static bool Trim(ref ReadOnlySpan<byte> tile, int endOfHeader)
    {
        var end = JpegEnd.TrimmedLength(tile, endOfHeader);
        if (end < 0) return false;
        tile = tile[..end];
        return true;
    }

    private static bool Unwrap(ref ReadOnlySpan<byte> tile)
    {
        if (Jp2.Unwrap(tile, out var start, out var length) != System.Buffers.OperationStatus.Done) return false;
        tile = tile.Slice(start, length);
        return true;
    }

    private void Count(string change) => Changes[change] = Changes.GetValueOrDefault(change) + 1;

    private FidelityDifference Differ(int tile, string what, long? offset = null) => new(what, source.ToString(), tile, offset);
}
