using Slideport.ImageStore;

namespace Slideport.Dsr.Viewing;

/// <summary>
/// Slides that are being looked at, open: reading a slide's directories costs far more than a tile. A few are kept; the longest unused is
/// closed once nobody reads from it.
/// </summary>
/// <param name="find">Where a slide lies; null: there is none of that id.</param>
/// <param name="capacity">How many are kept.</param>
/// <param name="time">Clock for their age.</param>
internal sealed class OpenSlides(Func<string, CancellationToken, ValueTask<SlideFile?>> find, int capacity, TimeProvider time) : IDisposable
{
    // A file that was replaced, or that somebody wants to remove, is let go of by then.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    // Opening may not take longer than the store's own patience, twice over.
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromMinutes(2);

    private readonly Lock _alone = new(); // of all below
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _byUse = new(); // the last used first
    private bool _isDisposed;

    /// <summary>A slide to read from, opened if it is not open: several that want the same at once wait for one opening.</summary>
    /// <returns>Null when there is none of that id; to be disposed of when read.</returns>
    internal async Task<SlideLease?> RentAsync(string id, CancellationToken cancellationToken)
    {
        var entry = Enter(id);
        var isHeld = false;
        try
        {
            if (await entry.Opening.WaitAsync(cancellationToken) is not { } slide)
            {
                Forget(id, entry);
                return null;
            }

            isHeld = true;
            return new SlideLease(slide, () => Enter(entry), () => Leave(entry), () => Forget(id, entry));
        }
        catch (Exception e) when (e is not OperationCanceledException || entry.Opening.IsCanceled)
        {
            Forget(id, entry);
            if (e is OperationCanceledException)
                throw new ImageStoreException(ImageStoreFailure.Offline, "The slide cannot be opened: its store does not answer.", e);
            throw;
        }
        finally
        {
            if (!isHeld)
                Leave(entry);
        }
    }

    /// <summary>Has a slide opened anew the next time: its files are others.</summary>
    internal void Forget(string id)
    {
        lock (_alone)
        {
            if (_entries.ContainsKey(id))
                Drop(id);
        }
    }

    public void Dispose()
    {
        lock (_alone)
        {
            _isDisposed = true;
            while (_byUse.Last is { } last)
                Drop(last.Value);
        }
    }

    private Entry Enter(string id)
    {
        lock (_alone)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_entries.TryGetValue(id, out var known) && time.GetElapsedTime(known.Since) >= MaxAge)
            {
                Drop(id);
                known = null;
            }

            if (known is null)
            {
                known = new Entry(OpenAsync(id), time.GetTimestamp());
                _entries.Add(id, known);
            }
            else
            {
                _byUse.Remove(id);
            }

            _byUse.AddFirst(id);
            known.Users++;
            while (_byUse.Count > capacity)
                Drop(_byUse.Last!.Value);
            return known;
        }
    }

    private void Enter(Entry entry)
    {
        lock (_alone)
            entry.Users++;
    }

    private async Task<OpenSlide?> OpenAsync(string id)
    {
        await Task.Yield(); // out of the lock
        // Of nobody who waits: another may want it when the first has gone.
        using var patience = new CancellationTokenSource(OpeningPatience, time);
        return await find(id, patience.Token) is { } file ? await OpenSlide.OpenAsync(file, patience.Token) : null;
    }

    private void Forget(string id, Entry entry)
    {
        lock (_alone)
        {
            if (_entries.GetValueOrDefault(id) == entry)
                Drop(id);
        }
    }

    private void Leave(Entry entry)
    {
        lock (_alone)
        {
            entry.Users--;
            CloseUnused(entry);
        }
    }

    private void Drop(string id)
    {
        _entries.Remove(id, out var entry);
        _byUse.Remove(id);
        entry!.IsDropped = true;
        CloseUnused(entry);
    }

    private static void CloseUnused(Entry entry)
    {
        if (entry.Users == 0 && entry.IsDropped)
            _ = CloseAsync(entry.Opening);
    }

    // One that is still being opened is closed when it is there.
    private static async Task CloseAsync(Task<OpenSlide?> opening)
    {
        await Task.WhenAny(opening);
        if (opening.IsCompletedSuccessfully)
            (await opening)?.Dispose();
    }

    private sealed class Entry(Task<OpenSlide?> opening, long since)
    {
        internal Task<OpenSlide?> Opening => opening;

        internal long Since => since;

        internal int Users { get; set; }

        internal bool IsDropped { get; set; }
    }
}
