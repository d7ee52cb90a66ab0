using System.Buffers;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Walks the header segments of a tile that decide how its entropy-coded bytes are decoded: those of the common tables, then its own, up to
/// and with SOS; not the two kinds that say what the decoded samples mean (JFIF, Adobe).
/// </summary>
internal ref struct JpegSegments
{
    private readonly ReadOnlySpan<byte> _tables;
    private readonly ReadOnlySpan<byte> _tile;
    private JpegSegmentReader _reader;
    private bool _inTables;
    private bool _ended;

    public JpegSegments(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> tile)
    {
        _tables = tables;
        _tile = tile;
        _inTables = !tables.IsEmpty;
        _reader = new JpegSegmentReader(_inTables ? tables : tile);
        _ended = _reader.ReadStartOfImage() != OperationStatus.Done;
    }

    /// <summary>The segment, marker included.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Moves to the next segment; false behind SOS, or where the header is damaged.</summary>
    public bool MoveNext()
    {
        while (!_ended)
        {
            var status = _reader.MoveNext();
            if (_inTables && (status != OperationStatus.Done || _reader.Marker == JpegMarker.EndOfImage))
            {
                _inTables = false;
                _reader = new JpegSegmentReader(_tile);
                _ended = _reader.ReadStartOfImage() != OperationStatus.Done;
                continue;
            }

            if (status != OperationStatus.Done) break;
            _ended = _reader.Marker == JpegMarker.StartOfScan;
            if (_reader.Marker == JpegMarker.App0 && JpegHeader.IsJfif(_reader.Payload)) continue;
            if (_reader.Marker == JpegMarker.App14 && JpegHeader.IsAdobe(_reader.Payload)) continue;
            Current = (_inTables ? _tables : _tile)[_reader.Start.._reader.End];
            return true;
        }

        _ended = true;
        return false;
    }
}
