using System.Threading.Channels;

namespace Slideport.ImageStore.Smb;

/// <summary>An output on its way to its part on a share, a range at a time: each is written, closed, read back through a new handle and compared.</summary>
/// <remarks>
/// <code>
/// ahead:  ·head· ├ range ┤├ range ┤├ range ┤  while the output grows behind them
/// at last:├head┤                            ├ the rest ┤
/// </code>
/// One connection waits for each piece's answer: two fill the wire for each other, and read back what is good while they write what is next.
/// </remarks>
internal sealed class SmbSending
{
    /// <summary>What is written and read back at once.</summary>
    internal const int RangeBytes = 32 << 20;

    private const int HeadBytes = 4096;
    private const int Connections = 2;

    private readonly SmbImageStore _store;
    private readonly string _name;
    private readonly string _local;
    private readonly CancellationTokenSource _stop;
    private readonly Channel<FileRange> _ranges = Channel.CreateUnbounded<FileRange>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly Dictionary<string, long> _next = new(StringComparer.Ordinal); // where the next range of a file begins that was begun ahead
    private readonly List<Task> _loops = [];
    private readonly Task _cleared;
    private long _bytes;

    /// <summary>Clears the way; no range is on it yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The part's name on the share; what an earlier attempt left there is removed.</param>
    /// <param name="local">The output: a file or a folder of files.</param>
    internal SmbSending(SmbImageStore store, string name, string local)
    {
        (_store, _name, _local) = (store, name, local);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(store.Stopping);
        _cleared = ClearAsync();
    }

    /// <summary>Sends what a file holds now, but for its beginning and less than a range at its end.</summary>
    internal void Ahead(string file)
    {
        var next = _next.GetValueOrDefault(file, HeadBytes);
        for (var bytes = BytesOf(file); bytes - next >= RangeBytes; next += RangeBytes)
        {
            Hand(new FileRange(file, next, RangeBytes));
            _next[file] = next + RangeBytes;
        }
    }

    /// <summary>Sends what has not been sent, and returns when all of it was read back and is the same.</summary>
    /// <exception cref="IOException">It is not, or the share is in the way.</exception>
    internal async Task CompleteAsync(CancellationToken cancellationToken)
    {
        using var given = cancellationToken.Register(_stop.Cancel);
        foreach (var file in Files())
        {
            var (bytes, next) = (BytesOf(file), _next.GetValueOrDefault(file));
            if (next > 0 || bytes == 0)
                Hand(new FileRange(file, 0, Math.Min(HeadBytes, bytes)));
            for (; next < bytes; next += RangeBytes)
                Hand(new FileRange(file, next, Math.Min(RangeBytes, bytes - next)));
        }

        _ranges.Writer.Complete();
        await _cleared; // a folder without a file
        try
        {
            await Task.WhenAll(_loops);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        foreach (var file in Files())
            await RequireSizeAsync(file, cancellationToken);
    }

    /// <summary>Ends what is under way; the part is left as it is.</summary>
    internal async ValueTask StopAsync()
    {
        await _stop.CancelAsync();
        _ranges.Writer.TryComplete();
        try
        {
            await Task.WhenAll([_cleared, .. _loops]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // Whoever completes is told.
        }

        _stop.Dispose();
    }

    private void Hand(FileRange range)
    {
        _ranges.Writer.TryWrite(range);
        _bytes += range.Bytes;
        // Another connection is another process to be started.
        if (_loops.Count == 0 || (_loops.Count < Connections && _bytes > RangeBytes))
            _loops.Add(Task.Run(MoveAsync));
    }

    private async Task MoveAsync()
    {
        try
        {
            await _cleared;
            await foreach (var range in _ranges.Reader.ReadAllAsync(_stop.Token))
                await _store.AskAsync(session => Move(session, range), _stop.Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await _stop.CancelAsync(); // the other one's work is in vain
            throw;
        }
    }

    private bool Move(SmbSession session, FileRange range)
    {
        var request = new SmbRequest(SmbOperation.Send) { Local = LocalPathOf(range.File), Path = PathOf(range.File), Offset = range.Offset, Count = range.Bytes };
        session.Ask(request, _stop.Token);
        return session.Ask(request with { Do = SmbOperation.Compare }, _stop.Token).Outcome == SmbOutcome.Done ? true : throw Different();
    }

    private async Task ClearAsync()
    {
        var isFolder = Directory.Exists(_local);
        await _store.AskAsync(
            session =>
            {
                var removed = session.Ask(new SmbRequest(SmbOperation.Remove) { Path = _name }, _stop.Token);
                return isFolder ? session.Ask(new SmbRequest(SmbOperation.MakeFolders) { Path = _name }, _stop.Token) : removed;
            },
            _stop.Token);
    }

    private async Task RequireSizeAsync(string file, CancellationToken cancellationToken)
    {
        var found = await _store.AskAsync(session => session.Ask(new SmbRequest(SmbOperation.Find) { Path = PathOf(file) }, cancellationToken), cancellationToken);
        if (found.Outcome != SmbOutcome.Done || found.Bytes != BytesOf(file))
            throw Different();
    }

    private IOException Different() => new($"What was sent to '{_store.Location}' does not read back the same: have the share looked at.");

    // The output is a file itself, which has no name in it.
    private IEnumerable<string> Files() => Directory.Exists(_local) ? Directory.GetFiles(_local).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal) : [""];

    private string LocalPathOf(string file) => file.Length == 0 ? _local : Path.Join(_local, file);

    private string PathOf(string file) => file.Length == 0 ? _name : $"{_name}/{file}";

    private long BytesOf(string file) => new FileInfo(LocalPathOf(file)).Length;

    private readonly record struct FileRange(string File, long Offset, long Bytes);
}
