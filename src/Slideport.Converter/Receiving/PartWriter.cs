using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.Converter.Receiving;

/// <summary>Writes one arriving data set into its part file and hashes it, while the next bytes are already being decrypted.</summary>
/// <remarks>
/// Two pooled buffers: one is being filled from the network, the other hashed and written by another thread; never more than one write is
/// under way, so bytes keep their order. Dirty pages are sent to the disk as they come: the flush at the end has little left to wait for.
/// Not for concurrent use.
/// </remarks>
internal sealed class PartWriter : IAsyncDisposable
{
    private const int BufferBytes = 512 << 10;
    private const long WritebackBytes = 8 << 20;
    private const long SmallestPreallocation = 4 << 20;
    private const long LargestPreallocation = 64 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private byte[] _writing = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _filled;
    private Task _write = Task.CompletedTask;
    private long _end;
    private long _allocated;
    private long _written;
    private long _sentToDisk;

    /// <summary>Creates the part file, with its header.</summary>
    /// <exception cref="IOException">The disk is full or failed; the caller removes what there is of the file.</exception>
    internal PartWriter(string path, byte[] header)
    {
        Path = path;
        File = DurableFile.CreateNew(path);
        try
        {
            RandomAccess.Write(File, header, 0);
        }
        catch
        {
            File.Dispose();
            throw;
        }

        _end = DataSetOffset = header.Length;
    }

    internal string Path { get; }

    internal SafeFileHandle File { get; }

    /// <summary>Where the data set begins in the file.</summary>
    internal long DataSetOffset { get; }

    /// <summary>Bytes of data set taken so far.</summary>
    internal long DataSetBytes => _end - DataSetOffset + _filled;

    /// <summary>Bytes of the file that were written.</summary>
    internal long Written => Volatile.Read(ref _written);

    /// <summary>Takes bytes; returns when they are copied, not when they are written.</summary>
    /// <exception cref="IOException">An earlier write failed.</exception>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            var share = Math.Min(bytes.Length, BufferBytes - _filled);
            bytes.Span[..share].CopyTo(_filling.AsSpan(_filled));
            _filled += share;
            if (_filled < BufferBytes)
                return;
            bytes = bytes[share..];
            await HandOverAsync();
        }
    }

    /// <summary>Writes what is left and returns the SHA-256 of the data set, hexadecimal. The file is not flushed yet.</summary>
    /// <exception cref="IOException">A write failed.</exception>
    internal async ValueTask<string> FinishAsync()
    {
        await HandOverAsync();
        await _write;
        if (_allocated > _end)
            RandomAccess.SetLength(File, _end); // gives back what was reserved and not needed
        DurableFile.StartWriteback(File, 0, 0);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public async ValueTask DisposeAsync()
    {
        await _write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // its failure was or will be seen elsewhere; only the buffer matters
        File.Dispose();
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_filling);
        ArrayPool<byte>.Shared.Return(_writing);
        (_filling, _writing) = ([], []);
    }

    private async ValueTask HandOverAsync()
    {
        await _write;
        (_filling, _writing) = (_writing, _filling);
        var count = _filled;
        _filled = 0;
        var offset = _end;
        _end += count;
        _write = Task.Run(() => WriteOut(offset, count));
    }

    private void WriteOut(long offset, int count)
    {
        Reserve(offset + count);
        RandomAccess.Write(File, _writing.AsSpan(0, count), offset);
        _hash.AppendData(_writing, 0, count);
        Volatile.Write(ref _written, offset + count);
        if (offset + count - _sentToDisk < WritebackBytes)
            return;
        DurableFile.StartWriteback(File, _sentToDisk, offset + count - _sentToDisk);
        _sentToDisk = offset + count;
    }

    // A full disk shows here, before the bytes come. Steps grow with the instance: labels are small, levels are not.
    private void Reserve(long end)
    {
        if (end <= _allocated || end < SmallestPreallocation)
            return;
        var step = Math.Clamp(end, SmallestPreallocation, LargestPreallocation);
        DurableFile.Preallocate(File, _allocated, end + step - _allocated);
        _allocated = end + step;
    }
}
