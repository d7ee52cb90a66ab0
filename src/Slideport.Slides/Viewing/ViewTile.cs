using System.Buffers;

namespace Slideport.Slides.Viewing;

/// <summary>
/// A tile for a browser: a complete JPEG, or the coded samples a browser cannot decode and somebody else must. The bytes are rented and go
/// back with <see cref="Dispose"/>, once.
/// </summary>
public readonly struct ViewTile : IDisposable
{
    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly int _length;
    private readonly bool _isRented;

    internal ViewTile(byte[] bytes, int start, int length, bool isJpeg, bool isRented)
    {
        (_bytes, _start, _length) = (bytes, start, length);
        (IsJpeg, _isRented) = (isJpeg, isRented);
    }

    /// <summary>Whether the bytes are a JPEG that every browser shows in its right colours. If not, the level tells how they are coded.</summary>
    public bool IsJpeg { get; }

    /// <summary>The bytes; good until the tile is disposed of.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(_start, _length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isRented) ArrayPool<byte>.Shared.Return(_bytes);
    }
}
