using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Files;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// A file written from front to back through one buffer. Frames are a few kilobytes with a header between any two, so gathering them into
/// large writes costs less than one kernel copy for each would; what is large goes by the kernel.
/// </summary>
internal sealed class WsiOutput : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int WritebackBytes = 32 << 20;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _buffered;
    private long _written;
    private long _writeback;
    private bool _disposed;

    /// <summary>Creates the file, which must not exist.</summary>
    public WsiOutput(string path) => _file = DurableFile.CreateNew(path);

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_buffered == _buffer.Length) FlushBuffer();
            var length = Math.Min(bytes.Length, _buffer.Length - _buffered);
            bytes[..length].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += length;
            bytes = bytes[length..];
        }
    }

    /// <summary>Appends one tile; <paramref name="spare"/> is used, and grown, for tiles longer than the buffer.</summary>
    public void Write(IFrameSource frames, int tile, int length, ref byte[] spare)
    {
        if (length <= _buffer.Length)
        {
            if (length > _buffer.Length - _buffered) FlushBuffer();
            frames.Read(tile, _buffer.AsSpan(_buffered, length));
            _buffered += length;
            return;
        }

        if (spare.Length < length) spare = new byte[length];
        frames.Read(tile, spare.AsSpan(0, length));
        Write(spare.AsSpan(0, length));
    }

    /// <summary>Appends a stretch of another file.</summary>
    public void Copy(SafeFileHandle source, FileRange range, CancellationToken cancellationToken)
    {
        FlushBuffer();
        KernelCopy.Copy(source, range.Offset, _file, _written, range.Length, cancellationToken);
        _written += range.Length;
    }

    /// <summary>Hands everything to the system, and to stable storage if asked.</summary>
    public void Finish(bool flush)
    {
        FlushBuffer();
        if (flush) DurableFile.Flush(_file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        ArrayPool<byte>.Shared.Return(_buffer);
        _file.Dispose();
    }

    private void FlushBuffer()
    {
        if (_buffered == 0) return;
        RandomAccess.Write(_file, _buffer.AsSpan(0, _buffered), _written);
        _written += _buffered;
        _buffered = 0;
        if (_written - _writeback < WritebackBytes) return;
        DurableFile.StartWriteback(_file, _writeback, _written - _writeback);
        _writeback = _written;
    }
}
