namespace Slideport.Dicom.DataSets;

/// <summary>
/// A window of at most 64 KiB that moves over a stream, or stands over bytes in memory. Knows the absolute position, looks ahead without
/// consuming, skips by seeking where the stream can. Never holds more than its buffer, whatever lengths the data claims.
/// </summary>
internal sealed class ByteWindow
{
    /// <summary>Size of the buffer over a stream.</summary>
    public const int BufferBytes = 64 << 10;

    private readonly Stream? _stream;
    private readonly long _maxBytes;
    private readonly byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>Starts at the stream's current position.</summary>
    /// <param name="stream">Source; stays the caller's.</param>
    /// <param name="maxBytes">How much may be taken from a stream that cannot tell its length.</param>
    public ByteWindow(Stream stream, long maxBytes)
    {
        _stream = stream;
        _maxBytes = maxBytes;
        if (stream.CanSeek)
        {
            Position = stream.Position;
            KnownEnd = Math.Max(Position, stream.Length);
        }

        _buffer = new byte[Math.Clamp(KnownEnd - Position, 16, BufferBytes)];
    }

    /// <summary>Stands over bytes in memory, which are not copied if an array backs them.</summary>
    /// <param name="bytes">Everything there is.</param>
    public ByteWindow(ReadOnlyMemory<byte> bytes)
    {
        if (!System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array))
        {
            array = new ArraySegment<byte>(bytes.ToArray());
        }

        _buffer = array.Array ?? [];
        _start = array.Offset;
        _end = array.Offset + array.Count;
        KnownEnd = array.Count;
    }

    /// <summary>Position of the next byte: in the stream if it can seek, otherwise counted from where reading began.</summary>
    public long Position { get; private set; }

    /// <summary>Position behind the last byte; <see cref="long.MaxValue"/> while unknown.</summary>
    public long KnownEnd { get; private set; } = long.MaxValue;

    /// <summary>How many bytes <see cref="TryEnsure"/> can be asked for.</summary>
    public int Capacity => _stream is null ? int.MaxValue : _buffer.Length;

    /// <summary>Makes sure that the next bytes are in the window; false if the source ends before.</summary>
    /// <param name="count">Bytes wanted, at most <see cref="Capacity"/>.</param>
    public bool TryEnsure(int count) => _end - _start >= count || TryFill(count);

    /// <summary>The next bytes, which <see cref="TryEnsure"/> has found to be there.</summary>
    public ReadOnlySpan<byte> Peek(int count) => _buffer.AsSpan(_start, count);

    /// <summary>Consumes bytes that <see cref="TryEnsure"/> has found to be there.</summary>
    public void Advance(int count)
    {
        _start += count;
        Position += count;
    }

    /// <summary>Skips bytes; false if the source ends before.</summary>
    public bool TrySkip(long count)
    {
        if (count <= _end - _start)
        {
            Advance((int)count);
            return true;
        }

        if (count > KnownEnd - Position || _stream is null) return false;
        if (_stream.CanSeek)
        {
            Position += count;
            _start = _end = 0;
            _stream.Position = Position;
            return true;
        }

        while (count > 0)
        {
            if (!TryEnsure(1)) return false;
            var step = (int)Math.Min(count, _end - _start);
            Advance(step);
            count -= step;
        }

        return true;
    }

    /// <summary>Copies the next bytes out; fewer than asked for only where the source ends.</summary>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length)
        {
            if (_end == _start && _stream is not null && destination.Length - total >= _buffer.Length)
            {
                var direct = ReadStream(destination[total..]); // large values go past the window
                if (direct == 0) break;
                Position += direct;
                total += direct;
                continue;
            }

            if (!TryEnsure(1)) break;
            var step = Math.Min(destination.Length - total, _end - _start);
            Peek(step).CopyTo(destination[total..]);
            Advance(step);
            total += step;
        }

        return total;
    }

    private bool TryFill(int count)
    {
        if (_stream is null) return false;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        while (_end < count)
        {
            var read = ReadStream(_buffer.AsSpan(_end));
            if (read == 0) return false;
            _end += read;
        }

        return true;
    }

    private int ReadStream(Span<byte> destination)
    {
        var read = _stream!.Read(destination);
        if (read == 0)
        {
            KnownEnd = Position + (_end - _start);
        }
        else if (KnownEnd == long.MaxValue && Position + (_end - _start) + read > _maxBytes)
        {
            throw new DicomFormatException($"The data set has more than the {_maxBytes} bytes it may have", Position);
        }

        return read;
    }
}
