using System.Text.Json;

namespace Slideport.ImageStore.Smb;

/// <summary>What the process that speaks with a share writes: answers, one a line, and the bytes of a range behind theirs.</summary>
/// <param name="stream">Its standard output.</param>
internal sealed class SmbAnswerReader(Stream stream)
{
    // The longest are names of everything in one folder; what is longer is not ours.
    private const int MaxLineBytes = 64 << 20;

    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The next answer; null at the end.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal SmbAnswer? Next()
    {
        var looked = 0;
        int length;
        while ((length = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n')) < 0)
        {
            looked = _end - _start;
            if (!TryFill())
                return null;
        }

        var line = _buffer.AsSpan(_start, looked + length);
        _start += line.Length + 1;
        return JsonSerializer.Deserialize(line, SmbJson.Default.SmbAnswer);
    }

    /// <summary>The bytes behind the answer.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    internal void ReadExactly(Span<byte> bytes)
    {
        var buffered = Math.Min(bytes.Length, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(bytes);
        _start += buffered;
        stream.ReadExactly(bytes[buffered..]);
    }

    private bool TryFill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == MaxLineBytes)
            throw new JsonException("An answer is too long.");
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, Math.Min(MaxLineBytes, 2 * _buffer.Length));
        var count = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        return count > 0;
    }
}
