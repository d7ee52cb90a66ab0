using System.Buffers;
using System.Buffers.Binary;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// Walks the marker segments in front of a JPEG's entropy-coded data (ITU-T T.81, B.1.1). Positions count from the first byte of the
/// span. Stray bytes between segments are an error: libjpeg only warns, but OpenSlide treats every libjpeg warning as fatal.
/// </summary>
internal ref struct JpegSegmentReader
{
    private readonly ReadOnlySpan<byte> _data;
    private int _next;

    public JpegSegmentReader(ReadOnlySpan<byte> data) => _data = data;

    /// <summary>Marker code of the current segment: the byte after FF.</summary>
    public byte Marker { get; private set; }

    /// <summary>Where the segment begins: its FF, fill bytes (B.1.1.2) included.</summary>
    public int Start { get; private set; }

    /// <summary>Where the segment's parameters begin, behind its length field.</summary>
    public int PayloadStart { get; private set; }

    /// <summary>First byte behind the segment.</summary>
    public readonly int End => _next;

    /// <summary>The segment's parameters, without marker and length; empty for EOI.</summary>
    public readonly ReadOnlySpan<byte> Payload => _data[PayloadStart.._next];

    /// <summary>Reads SOI. Call once, first.</summary>
    public OperationStatus ReadStartOfImage()
    {
        if (_data.Length >= 1 && _data[0] != JpegMarker.Prefix) return OperationStatus.InvalidData;
        if (_data.Length < 2) return OperationStatus.NeedMoreData;
        if (_data[1] != JpegMarker.StartOfImage) return OperationStatus.InvalidData;
        _next = 2;
        return OperationStatus.Done;
    }

    /// <summary>
    /// Moves to the next segment. After SOS the reader stands on entropy-coded data and must not be moved further; after EOI there is
    /// nothing more to read.
    /// </summary>
    public OperationStatus MoveNext()
    {
        var at = _next;
        Start = at;
        if (at >= _data.Length) return OperationStatus.NeedMoreData;
        if (_data[at] != JpegMarker.Prefix) return OperationStatus.InvalidData;
        while (at < _data.Length && _data[at] == JpegMarker.Prefix) at++;
        if (at >= _data.Length) return OperationStatus.NeedMoreData;

        Marker = _data[at++];
        PayloadStart = at;
        _next = at;
        if (Marker == JpegMarker.EndOfImage) return OperationStatus.Done;
        // FF00 is a stuffed byte, RSTn, TEM and SOI carry no length: none of them may stand here (B.2.1).
        if (Marker is 0 or JpegMarker.Temporary or (>= JpegMarker.FirstRestart and <= JpegMarker.StartOfImage))
            return OperationStatus.InvalidData;

        if (_data.Length - at < 2) return OperationStatus.NeedMoreData;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_data[at..]);
        if (length < 2) return OperationStatus.InvalidData;
        if (_data.Length - at < length) return OperationStatus.NeedMoreData;
        PayloadStart = at + 2;
        _next = at + length;
        return OperationStatus.Done;
    }
}
