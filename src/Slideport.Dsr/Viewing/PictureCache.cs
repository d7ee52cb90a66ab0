namespace Slideport.Dsr.Viewing;

/// <summary>Pictures that had to be made. Several that want the same at once wait for one making of it.</summary>
/// <param name="maxBytes">How much is kept; the longest unused goes first.</param>
internal sealed class PictureCache(long maxBytes)
{
    // Of an entry beside its picture.
    private const int EntryBytes = 512;

    private readonly Lock _alone = new(); // of all below
    private readonly Dictionary<PictureKey, LinkedListNode<(PictureKey Key, byte[] Picture)>> _pictures = [];
    private readonly LinkedList<(PictureKey Key, byte[] Picture)> _byUse = new(); // the last used first
    private readonly Dictionary<PictureKey, Task<byte[]>> _making = [];
    private long _bytes;

    /// <summary>Bytes that are kept.</summary>
    internal long Bytes
    {
        get
        {
            lock (_alone)
                return _bytes;
        }
    }

    /// <summary>A picture, made if it is not kept.</summary>
    /// <param name="key">What it shows.</param>
    /// <param name="make">Makes it; goes on when those who wait have gone, for whoever comes next. Called within a lock: it must give way at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal Task<byte[]> GetAsync(PictureKey key, Func<Task<byte[]>> make, CancellationToken cancellationToken)
    {
        lock (_alone)
        {
            if (_pictures.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                return Task.FromResult(node.Value.Picture);
            }

            if (!_making.TryGetValue(key, out var making))
            {
                making = MakeAsync(key, make);
                if (!making.IsCompleted)
                    _making.Add(key, making);
            }

            return making.WaitAsync(cancellationToken);
        }
    }

    private async Task<byte[]> MakeAsync(PictureKey key, Func<Task<byte[]>> make)
    {
        try
        {
            var picture = await make();
            Keep(key, picture);
            return picture;
        }
        finally
        {
            lock (_alone)
                _making.Remove(key);
        }
    }

    private void Keep(PictureKey key, byte[] picture)
    {
        lock (_alone)
        {
            if (picture.Length + EntryBytes > maxBytes || _pictures.ContainsKey(key))
                return;
            _pictures.Add(key, _byUse.AddFirst((key, picture)));
            _bytes += picture.Length + EntryBytes;
            while (_bytes > maxBytes)
            {
                var (oldest, old) = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _pictures.Remove(oldest);
                _bytes -= old.Length + EntryBytes;
            }
        }
    }
}

/// <summary>What a picture shows.</summary>
/// <param name="Slide">The slide's id.</param>
/// <param name="Version">The version of its files.</param>
/// <param name="What">Which part, in which size and form.</param>
internal readonly record struct PictureKey(string Slide, string Version, string What);
