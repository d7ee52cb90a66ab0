namespace Slideport.ImageStore.Smb;

/// <summary>What was last read of files on a share, in blocks: the tiles of a slide lie side by side, and its directories are read a few bytes at a time.</summary>
/// <param name="maxBytes">How much is kept; the longest unused goes first.</param>
internal sealed class BlockCache(long maxBytes)
{
    /// <summary>Bytes of a block but a file's last: two or three tiles.</summary>
    internal const int BlockBytes = 64 << 10;

    private readonly Lock _alone = new(); // of both below
    private readonly Dictionary<(StoredFile File, long Block), LinkedListNode<(StoredFile File, long Block, byte[] Bytes)>> _blocks = [];
    private readonly LinkedList<(StoredFile File, long Block, byte[] Bytes)> _byUse = new(); // the last used first

    /// <summary>A block; null when it is not kept.</summary>
    internal byte[]? Find(StoredFile file, long block)
    {
        lock (_alone)
        {
            if (!_blocks.TryGetValue((file, block), out var node))
                return null;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Bytes;
        }
    }

    /// <summary>Keeps a block.</summary>
    internal void Keep(StoredFile file, long block, byte[] bytes)
    {
        lock (_alone)
        {
            if (_blocks.ContainsKey((file, block)))
                return;
            _blocks.Add((file, block), _byUse.AddFirst((file, block, bytes)));
            while ((long)_byUse.Count * BlockBytes > maxBytes)
            {
                var (oldFile, oldBlock, _) = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _blocks.Remove((oldFile, oldBlock));
            }
        }
    }
}
