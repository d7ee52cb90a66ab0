using System.Buffers;

namespace Slideport.ImageStore.Smb;

/// <summary>A file on a share, open for reading: blocks of it are fetched as they are wanted, more at a time for whoever reads on and on.</summary>
internal sealed class SmbStoredFile : StoredFile
{
    // Two, as a tile seldom lies in one; sixteen are a megabyte, beyond which a round trip costs nothing any more.
    private const int MinBlocks = 2;
    private const int MaxBlocks = 16;

    private readonly string _name;
    private readonly string _location;
    private readonly SmbReaders _readers;
    private readonly BlockCache _cache;
    private long _ahead = -1; // the block behind those fetched last; a race only fetches less at once
    private int _blocks = MinBlocks;

    /// <summary>A file that was found.</summary>
    /// <param name="found">Its size and age.</param>
    /// <param name="name">Its name in the store.</param>
    /// <param name="location">The store, for messages.</param>
    /// <param name="way">How it is read, and what is kept of it.</param>
    internal SmbStoredFile(SmbAnswer found, string name, string location, (SmbReaders Readers, BlockCache Cache) way)
        : base(found.Bytes, DateTimeOffset.FromUnixTimeSeconds(found.LastWrite))
    {
        (_name, _location) = (name, location);
        (_readers, _cache) = way;
    }

    public override int Read(Span<byte> buffer, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var block = (offset + done) / BlockCache.BlockBytes;
            var within = (int)((offset + done) % BlockCache.BlockBytes);
            var bytes = _cache.Find(this, block) ?? Fetch(block, offset + count);
            var part = Math.Min(bytes.Length - within, count - done);
            bytes.AsSpan(within, part).CopyTo(buffer[done..]);
            done += part;
        }

        return count;
    }

    protected override void Dispose(bool isDisposing)
    {
        // It holds nothing: connections are the store's.
    }

    // Fetches blocks from one on, at least as many as are wanted now, and returns the first.
    private byte[] Fetch(long block, long end)
    {
        _blocks = block == Interlocked.Read(ref _ahead) ? Math.Min(MaxBlocks, 2 * _blocks) : MinBlocks;
        var start = block * BlockCache.BlockBytes;
        var wanted = Math.Clamp((end - start + BlockCache.BlockBytes - 1) / BlockCache.BlockBytes, _blocks, MaxBlocks);
        var count = (int)Math.Min(wanted * BlockCache.BlockBytes, Length - start);
        var buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            var answer = _readers.Ask(
                session => session.Ask(new SmbRequest(SmbOperation.Range) { Path = _name, Offset = start, Count = count }, CancellationToken.None, range: buffer.AsMemory(0, count)),
                CancellationToken.None);
            if (answer.Bytes != count || answer.TotalBytes != Length)
                throw new IOException($"'{_name}' in the image store '{_location}' has been changed while it was read: open it again.");
            Interlocked.Exchange(ref _ahead, (start + count) / BlockCache.BlockBytes);
            return Keep(block, buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private byte[] Keep(long block, ReadOnlySpan<byte> fetched)
    {
        byte[]? first = null;
        for (; fetched.Length > 0; block++)
        {
            var bytes = fetched[..Math.Min(BlockCache.BlockBytes, fetched.Length)].ToArray();
            first ??= bytes;
            _cache.Keep(this, block, bytes);
            fetched = fetched[bytes.Length..];
        }

        return first!;
    }
}
