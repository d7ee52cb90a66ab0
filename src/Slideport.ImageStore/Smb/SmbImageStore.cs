using System.Collections.Concurrent;
using Slideport.Files;
using Slideport.ImageStore.Local;

namespace Slideport.ImageStore.Smb;

/// <summary>What a store on a share needs beside its location.</summary>
/// <param name="Work">A folder on a local disk: outputs are made here before they go to the share.</param>
/// <param name="Credentials">The file <see cref="SmbCredentials.Read"/> reads; when there is none, the Kerberos ticket that the host has is used.</param>
/// <param name="Agent">The program that speaks with the share.</param>
public sealed record SmbSurroundings(string Work, string Credentials, SmbProgram Agent);

/// <summary>An image file system that is a folder of an SMB 3.1.1 share, signed and encrypted or not at all.</summary>
/// <remarks>
/// An output is made on the local disk and copied to its hidden part on the share when it is whole: what writes slides goes back and forth in
/// them, and reads them again to compare. The folder must be there; it is never made here.
/// </remarks>
public sealed class SmbImageStore : IImageStore, IDisposable
{
    private const int MaxIdle = 2;

    // A connection that has ended says so at once; a server that does not answer for so long would not answer another one either.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    private readonly SmbLocation _location;
    private readonly SmbSurroundings _surroundings;
    private readonly ConcurrentStack<SmbSession> _idle = new();
    private readonly StorePath _names = StorePath.AtRoot("/"); // for what a name may be
    private volatile bool _isDisposed;

    /// <summary>A store on a share; nothing is touched until <see cref="CheckAsync"/>.</summary>
    public SmbImageStore(SmbLocation location, SmbSurroundings surroundings)
    {
        _location = location;
        _surroundings = surroundings;
        Location = location.ToString();
    }

    /// <inheritdoc/>
    public string Location { get; }

    // Parts of two stores must not meet in one folder.
    private string Work => Path.Join(_surroundings.Work, StorePath.Component(Location));

    /// <inheritdoc/>
    public async ValueTask<Guid> CheckAsync(Guid? knownId, CancellationToken cancellationToken)
    {
        var sentinel = await AskAsync(session => StoreSentinel.Parse(Location, session.Ask(new SmbRequest(SmbOperation.Read) { Path = StoreSentinel.FileName }, cancellationToken) switch
        {
            { Outcome: SmbOutcome.Done } found => found.Contents,
            _ => null,
        }) ?? (knownId is null ? Establish(session, cancellationToken) : null), cancellationToken);
        return StoreSentinel.Require(Location, sentinel, knownId);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreTrial> TryAsync(long bytes, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(Work);
        var local = Path.Join(Work, TrialFile.NewName());
        try
        {
            var written = TrialFile.Write(local, bytes, cancellationToken);
            return await AskAsync(session => Try(session, local, written, cancellationToken), cancellationToken);
        }
        finally
        {
            File.Delete(local);
        }
    }

    /// <inheritdoc/>
    public DiskSpace Space() => Ask(
        session =>
        {
            var answer = session.Ask(new SmbRequest(SmbOperation.Space), CancellationToken.None);
            return new DiskSpace(answer.Bytes, answer.TotalBytes);
        },
        CancellationToken.None);

    /// <inheritdoc/>
    public ImageDelivery Begin(string key)
    {
        LocalImageStore.RequireKey(key);
        DurableFile.CreateDirectory(Work);
        var name = LocalImageStore.PartPrefix + key + LocalImageStore.PartSuffix;
        return new SmbImageDelivery(this, name, Path.Join(Work, name));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Unfinished()
    {
        var names = Ask(session => session.Ask(new SmbRequest(SmbOperation.List) { Path = LocalImageStore.PartPrefix }, CancellationToken.None).Names, CancellationToken.None);
        var local = Directory.Exists(Work) ? Directory.EnumerateFileSystemEntries(Work).Select(p => Path.GetFileName(p)) : [];
        return [.. names.Concat(local).Distinct(StringComparer.Ordinal)
            .Where(n => n.StartsWith(LocalImageStore.PartPrefix, StringComparison.Ordinal) && n.EndsWith(LocalImageStore.PartSuffix, StringComparison.Ordinal))
            .Select(n => n[LocalImageStore.PartPrefix.Length..^LocalImageStore.PartSuffix.Length])];
    }

    /// <inheritdoc/>
    public async ValueTask<StoredOutput?> ReadBackAsync(string name, CancellationToken cancellationToken)
    {
        RequireName(name);
        return await AskAsync(session => HashOf(session, name, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryPop(out var idle))
            idle.Dispose();
    }

    internal static StoredOutput? HashOf(SmbSession session, string path, CancellationToken cancellationToken)
    {
        var answer = session.Ask(new SmbRequest(SmbOperation.Hash) { Path = path }, cancellationToken);
        return answer.Sha256 is { } sha256 ? new StoredOutput(sha256, answer.Bytes) : null;
    }

    internal void RequireName(string name) => _names.Resolve(name);

    /// <summary>Does something with a connection, away from the caller's thread.</summary>
    internal async ValueTask<T> AskAsync<T>(Func<SmbSession, T> work, CancellationToken cancellationToken) => await Task.Run(() => Ask(work, cancellationToken), cancellationToken);

    // Each piece of work has a connection for itself: a large file does not hold up the question whether the store is there.
    private T Ask<T>(Func<SmbSession, T> work, CancellationToken cancellationToken)
    {
        var session = Idle(cancellationToken) ?? SmbSession.Open(
            _surroundings.Agent, _location, SmbCredentials.Read(_surroundings.Credentials), Path.Join(_surroundings.Work, ".agent"), cancellationToken);
        var isDone = false;
        try
        {
            var result = work(session);
            isDone = true;
            return result;
        }
        finally
        {
            if (isDone && session.IsUsable && !_isDisposed && _idle.Count < MaxIdle)
                _idle.Push(session);
            else
                session.Dispose();
        }
    }

    private StoreTrial Try(SmbSession session, string local, StoredOutput written, CancellationToken cancellationToken)
    {
        var (path, renamed) = (TrialFile.NewName(), TrialFile.NewName());
        var began = TimeProvider.System.GetTimestamp();
        session.Ask(new SmbRequest(SmbOperation.Put) { Local = local, Path = path }, cancellationToken);
        var wrote = TimeProvider.System.GetElapsedTime(began);
        began = TimeProvider.System.GetTimestamp();
        var found = HashOf(session, path, cancellationToken);
        var read = TimeProvider.System.GetElapsedTime(began);
        var isRenamed = found == written && session.Ask(new SmbRequest(SmbOperation.Rename) { Path = path, To = renamed }, cancellationToken).Outcome == SmbOutcome.Done;
        session.Ask(new SmbRequest(SmbOperation.Remove) { Path = isRenamed ? renamed : path }, cancellationToken);
        return isRenamed ? new StoreTrial(written.Bytes, wrote, read, "An SMB 3.1.1 share, signed and encrypted.")
            : throw new IOException($"What was written to '{Location}' {(found == written ? "cannot be renamed" : "does not read back the same")}: have the share looked at.");
    }

    private SmbSession? Idle(CancellationToken cancellationToken)
    {
        while (_idle.TryPop(out var session))
        {
            var asked = TimeProvider.System.GetTimestamp();
            var isThere = false;
            try
            {
                // A server ends connections that nobody uses.
                isThere = session.Ask(new SmbRequest(SmbOperation.Exists), cancellationToken).Outcome == SmbOutcome.Done;
                if (isThere)
                    return session;
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(asked) < AtOnce)
            {
                // The next may be, or a new one.
            }
            finally
            {
                if (!isThere)
                    session.Dispose();
            }
        }

        return null;
    }

    // First use. The folder may hold other people's files, but no id: from now on it must have ours. Whole under its name at once, or another
    // converter would read half of it.
    private StoreSentinel? Establish(SmbSession session, CancellationToken cancellationToken)
    {
        var part = $"{StoreSentinel.FileName}-{Guid.NewGuid():N}{LocalImageStore.PartSuffix}";
        session.Ask(new SmbRequest(SmbOperation.Create) { Path = part, Contents = new StoreSentinel(Guid.NewGuid()).ToBytes() }, cancellationToken);
        if (session.Ask(new SmbRequest(SmbOperation.Exists) { Path = StoreSentinel.FileName }, cancellationToken).Outcome == SmbOutcome.Missing)
            session.Ask(new SmbRequest(SmbOperation.Rename) { Path = part, To = StoreSentinel.FileName }, cancellationToken);
        if (session.IsUsable)
            session.Ask(new SmbRequest(SmbOperation.Remove) { Path = part }, cancellationToken);
        // Somebody may have been faster: it is what he made it.
        return session.IsUsable && session.Ask(new SmbRequest(SmbOperation.Read) { Path = StoreSentinel.FileName }, cancellationToken) is { Outcome: SmbOutcome.Done } found
            ? StoreSentinel.Parse(Location, found.Contents)
            : throw new ImageStoreException(ImageStoreFailure.Offline, $"The image store '{Location}' changes under our hands; deliveries wait.");
    }
}
