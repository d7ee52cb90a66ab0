using Slideport.Files;
using Slideport.ImageStore.Local;

namespace Slideport.ImageStore.Smb;

/// <summary>A delivery to a share: made under a local path, copied to the hidden part on the share, renamed there in the end.</summary>
/// <param name="store">The store.</param>
/// <param name="name">The part's name on the share.</param>
/// <param name="partPath">Where it is made.</param>
internal sealed class SmbImageDelivery(SmbImageStore store, string name, string partPath) : ImageDelivery
{
    private SmbSending? _sending;
    private bool _isOutdated;
    private StoredOutput? _sent;

    /// <inheritdoc/>
    public override string PartPath => partPath;

    /// <inheritdoc/>
    public override void SendAhead(string file)
    {
        if (!_isOutdated)
            Sending().Ahead(file);
    }

    /// <inheritdoc/>
    public override void BeginAnew() => _isOutdated = true;

    /// <inheritdoc/>
    /// <remarks>Closed, read back and compared is what it is then: libsmbclient offers no flush. A server that answers before its disk has it may lose it with
    /// its power, and what is read back soon after may come from its memory. So the spool keeps the slide for its retention time and has it read once more
    /// before it lets it go.</remarks>
    public override async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_isOutdated)
            await StopAsync();
        _sent = null;
        var sending = Sending();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Beside it, not after it: it takes as long as a fifth of the sending. It may not begin earlier, for the first bytes change to the end.
        var hashed = Task.Run(() => LocalReadBack.Of(partPath, fromDisk: false, stop.Token), CancellationToken.None);
        try
        {
            await sending.CompleteAsync(cancellationToken);
            _sent = await hashed;
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)hashed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await StopAsync();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Every byte of what was sent has been read back and compared by then, and what it was compared with has been hashed.</remarks>
    public override async ValueTask<StoredOutput> ReadBackAsync(CancellationToken cancellationToken) => _sent
        ?? await store.AskAsync(session => SmbImageStore.HashOf(session, name, cancellationToken), cancellationToken)
            ?? throw new IOException($"What was sent to '{store.Location}' is not there: have the share looked at.");

    /// <inheritdoc/>
    public override async ValueTask<bool> TryPublishAsync(string name, CancellationToken cancellationToken)
    {
        store.RequireName(name);
        if (_sent is null)
            await FlushAsync(cancellationToken);
        await store.ProveAsync(cancellationToken);
        var isPublished = await store.AskAsync(session => TryRename(session, name, cancellationToken), cancellationToken);
        if (isPublished)
            RemoveLocal();
        return isPublished;
    }

    /// <inheritdoc/>
    public override async ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        RemoveLocal();
        _sent = null;
        await store.AskAsync(session => session.Ask(new SmbRequest(SmbOperation.Remove) { Path = name }, cancellationToken), cancellationToken);
    }

    private SmbSending Sending() => _sending ??= new SmbSending(store, name, partPath);

    private async ValueTask StopAsync()
    {
        if (_sending is { } sending)
            await sending.StopAsync();
        (_sending, _isOutdated) = (null, false);
    }

    private bool TryRename(SmbSession session, string to, CancellationToken cancellationToken)
    {
        if (session.Ask(new SmbRequest(SmbOperation.Exists) { Path = to }, cancellationToken).Outcome != SmbOutcome.Missing)
            return false;
        if (to.LastIndexOf('/') is var slash and > 0)
            session.Ask(new SmbRequest(SmbOperation.MakeFolders) { Path = to[..slash] }, cancellationToken);
        return session.Ask(new SmbRequest(SmbOperation.Rename) { Path = name, To = to }, cancellationToken).Outcome == SmbOutcome.Done;
    }

    private void RemoveLocal()
    {
        if (Directory.Exists(partPath))
            Directory.Delete(partPath, recursive: true);
        else if (File.Exists(partPath))
            DurableFile.Delete(partPath);
    }
}
