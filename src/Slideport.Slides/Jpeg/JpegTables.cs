using System.Buffers;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// The tables a TIFF page keeps once for all its tiles (JPEGTables, tag 347; TIFF Technical Note 2) as a constant prefix that turns each
/// abbreviated tile into a complete JPEG, byte for byte the same entropy-coded data.
/// </summary>
public sealed class JpegTables
{
    private readonly byte[] _prefix;

    private JpegTables(byte[] prefix) => _prefix = prefix;

    /// <summary>SOI, the inserted marker if any, and the DQT, DHT and DRI segments: what comes before a tile's second marker.</summary>
    public ReadOnlySpan<byte> Prefix => _prefix;

    /// <summary>
    /// Reads a tables-only stream (SOI, tables, EOI; T.81 B.5). Segments other than tables are left out; a missing EOI is tolerated.
    /// </summary>
    /// <param name="jpegTables">Value of tag 347.</param>
    /// <param name="insertion">
    /// Marker segment to put behind SOI, see <see cref="JpegPatch.Insertion"/>; empty for none.
    /// </param>
    /// <param name="tables">The prefix; null unless Done.</param>
    public static OperationStatus TryCreate(ReadOnlySpan<byte> jpegTables, ReadOnlySpan<byte> insertion, out JpegTables? tables)
    {
        tables = null;
        var prefix = new ArrayBufferWriter<byte>(jpegTables.Length + insertion.Length + 2);
        prefix.Write<byte>([JpegMarker.Prefix, JpegMarker.StartOfImage]);
        prefix.Write(insertion);
        var reader = new JpegSegmentReader(jpegTables);
        var status = reader.ReadStartOfImage();
        while (status == OperationStatus.Done && reader.End < jpegTables.Length)
        {
            status = reader.MoveNext();
            if (status != OperationStatus.Done || reader.Marker == JpegMarker.EndOfImage) break;
            if (reader.Marker == JpegMarker.StartOfScan || JpegMarker.IsStartOfFrame(reader.Marker)) return OperationStatus.InvalidData;
            if (reader.Marker is JpegMarker.QuantizationTables or JpegMarker.HuffmanTables or JpegMarker.RestartInterval)
                prefix.Write(jpegTables[reader.Start..reader.End]);
        }

        if (status == OperationStatus.Done) tables = new JpegTables(prefix.WrittenSpan.ToArray());
        return status;
    }

    /// <summary>Length of a tile of <paramref name="tileLength"/> bytes once its SOI is replaced by the prefix.</summary>
    public long MergedLength(long tileLength) => _prefix.Length + tileLength - 2;

    /// <summary>
    /// Writes the prefix and <paramref name="tile"/> without its SOI to <paramref name="output"/>.
    /// </summary>
    /// <returns>Done; DestinationTooSmall; InvalidData when the tile does not begin with SOI.</returns>
    public OperationStatus Merge(ReadOnlySpan<byte> tile, Span<byte> output, out int written)
    {
        written = 0;
        if (tile.Length < 2 || tile[0] != JpegMarker.Prefix || tile[1] != JpegMarker.StartOfImage) return OperationStatus.InvalidData;
        if (output.Length < MergedLength(tile.Length)) return OperationStatus.DestinationTooSmall;
        _prefix.CopyTo(output);
        tile[2..].CopyTo(output[_prefix.Length..]);
        written = _prefix.Length + tile.Length - 2;
        return OperationStatus.Done;
    }
}
