using Slideport.Files;

namespace Slideport.ImageStore.Smb;

/// <summary>A delivery to a share: made under a local path, copied to the hidden part on the share, renamed there in the end.</summary>
/// <param name="store">The store.</param>
/// <param name="name">The part's name on the share.</param>
/// <param name="partPath">Where it is made.</param>
internal sealed class SmbImageDelivery(SmbImageStore store, string name, string partPath) : ImageDelivery
{
    // A connection waits for each piece's answer; two fill the wire for each other.
    private const int Connections = 2;
    private const long WorthTwo = 32 << 20;

    private StoredOutput? _sent;

    /// <inheritdoc/>
    public override string PartPath => partPath;

    /// <inheritdoc/>
    /// <remarks>Closed is what it is then: libsmbclient offers no flush. A server that answers before its disk has it may lose it with its power, and what is
    /// read back soon after may come from its memory. So the spool keeps the slide for its retention time and has it read once more before it lets it go.</remarks>
    public override async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // Of an earlier attempt there may be files that this one has not.
        await store.AskAsync(session => session.Ask(new SmbRequest(SmbOperation.Remove) { Path = name }, cancellationToken), cancellationToken);
        var parts = LocalBytes() < WorthTwo ? 1 : Connections;
        var answers = await Task.WhenAll(Enumerable.Range(0, parts).Select(part => store.AskAsync(
            session => session.Ask(new SmbRequest(SmbOperation.Put) { Local = partPath, Path = name, Part = part, Parts = parts }, cancellationToken), cancellationToken).AsTask()));
        _sent = new StoredOutput(answers[0].Sha256!, answers[0].Bytes);
    }

    /// <inheritdoc/>
    public override async ValueTask<StoredOutput> ReadBackAsync(CancellationToken cancellationToken)
    {
        var found = await store.AskAsync(session => SmbImageStore.HashOf(session, name, cancellationToken), cancellationToken)
            ?? throw new IOException($"What was sent to '{store.Location}' is not there: have the share looked at.");
        return _sent is null || found == _sent ? found : throw new IOException($"What was sent to '{store.Location}' does not read back the same: have the share looked at.");
    }

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
        RemoveLocal();
        _sent = null;
        await store.AskAsync(session => session.Ask(new SmbRequest(SmbOperation.Remove) { Path = name }, cancellationToken), cancellationToken);
    }

    private bool TryRename(SmbSession session, string to, CancellationToken cancellationToken)
    {
        if (session.Ask(new SmbRequest(SmbOperation.Exists) { Path = to }, cancellationToken).Outcome != SmbOutcome.Missing)
            return false;
        if (to.LastIndexOf('/') is var slash and > 0)
            session.Ask(new SmbRequest(SmbOperation.MakeFolders) { Path = to[..slash] }, cancellationToken);
        return session.Ask(new SmbRequest(SmbOperation.Rename) { Path = name, To = to }, cancellationToken).Outcome == SmbOutcome.Done;
    }

    private long LocalBytes() => File.Exists(partPath) ? new FileInfo(partPath).Length : new DirectoryInfo(partPath).EnumerateFiles().Sum(f => f.Length);

    private void RemoveLocal()
    {
        if (Directory.Exists(partPath))
            Directory.Delete(partPath, recursive: true);
        else if (File.Exists(partPath))
            DurableFile.Delete(partPath);
    }
}
