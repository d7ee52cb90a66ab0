using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slideport.Files;
using Slideport.ImageStore.Local;

namespace Slideport.ImageStore.Smb;

/// <summary>What a store on a share needs beside its location.</summary>
/// <param name="Work">A folder on a local disk: outputs are made here before they go to the share.</param>
/// <param name="Credentials">The file <see cref="SmbCredentials.Read"/> reads; when there is none, the Kerberos ticket that the host has is used.</param>
/// <param name="Agent">The program that speaks with the share.</param>
public sealed record SmbSurroundings(string Work, string Credentials, SmbProgram Agent)
{
    /// <summary>Clock for what is kept for some minutes.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>An image file system that is a folder of an SMB 3.1.1 share, signed and encrypted or not at all.</summary>
/// <remarks>
/// An output is made on the local disk and copied to its hidden part on the share, ahead as far as it will not change any more: what writes slides
/// comes back to their beginning, and reads them again to compare. The folder must be there; it is never made here.
/// </remarks>
public sealed class SmbImageStore : IImageStore, IDisposable
{
    private const int MaxIdle = 2;

    // They are held together until the folder has been read to its end.
    private const int MaxFolderEntries = 200_000;

    // Of all files that are open for reading together: some screens full of tiles.
    private const long MaxCachedBytes = 64 << 20;

    // A connection that has ended says so at once; a server that does not answer for so long would not answer another one either.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    // Servers lock an account after some wrong passwords in a row; that may be undone there without a word to us.
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(30);

    // What is cleared away after a failure is not worth waiting for.
    private static readonly TimeSpan ClearingPatience = TimeSpan.FromSeconds(5);

    private readonly SmbLocation _location;
    private readonly SmbSurroundings _surroundings;
    private readonly ConcurrentStack<SmbSession> _idle = new();
    private readonly StorePath _names = StorePath.AtRoot("/"); // for what a name may be
    private readonly ITimer _idleLook;
    private readonly SmbReaders _readers;
    private readonly BlockCache _blocks = new(MaxCachedBytes);
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _isDisposed;
    private volatile bool _isProven;
    private volatile Refusal? _refusal;

    /// <summary>A store on a share; nothing is touched until <see cref="CheckAsync"/>.</summary>
    public SmbImageStore(SmbLocation location, SmbSurroundings surroundings)
    {
        _location = location;
        _surroundings = surroundings;
        Stopping = _stopping.Token;
        Location = location.ToString();
        _readers = new SmbReaders(Location, Opened, surroundings.Time);
        _idleLook = surroundings.Time.CreateTimer(_ => EndIdle(), null, IdleLook, IdleLook);
    }

    /// <inheritdoc/>
    public string Location { get; }

    // Parts of two stores must not meet in one folder.
    private string Work => Path.Join(_surroundings.Work, StorePath.Component(Location));

    /// <inheritdoc/>
    public async ValueTask<Guid> CheckAsync(Guid? knownId, CancellationToken cancellationToken)
    {
        var sentinel = await SentinelAsync(cancellationToken) ?? (knownId is null ? await EstablishAsync(cancellationToken) : null);
        return StoreSentinel.Require(Location, sentinel, knownId);
    }

    /// <inheritdoc/>
    public async ValueTask<Guid?> FindAsync(CancellationToken cancellationToken) => (await SentinelAsync(cancellationToken))?.Id;

    /// <inheritdoc/>
    public async ValueTask<StoreTrial> TryAsync(long bytes, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(Work);
        var local = Path.Join(Work, TrialFile.NewName());
        try
        {
            await ProveAsync(cancellationToken);
            var written = TrialFile.Write(local, bytes, cancellationToken);
            var (path, renamed) = (TrialFile.NewName(), TrialFile.NewName());
            return await ClearedAsync(() => AskAsync(session => Try(session, (local, path, renamed), written, cancellationToken), cancellationToken), path, renamed);
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
        var name = PartOf(key);
        DurableFile.CreateDirectory(Work);
        return new SmbImageDelivery(this, name, Path.Join(Work, name));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryWithdrawAsync(string name, string key, CancellationToken cancellationToken)
    {
        var part = PartOf(key);
        StoredName.Require(name);
        await ProveAsync(cancellationToken);
        return await AskAsync(
            session =>
            {
                if (session.Ask(new SmbRequest(SmbOperation.Exists) { Path = name }, cancellationToken).Outcome == SmbOutcome.Missing)
                    return false;
                return session.Ask(new SmbRequest(SmbOperation.Rename) { Path = name, To = part }, cancellationToken).Outcome == SmbOutcome.Done
                    ? true
                    : throw new IOException($"Something else was withdrawn from '{Location}' as '{key}', and is still there.");
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryPutBackAsync(string key, string name, CancellationToken cancellationToken)
    {
        var part = PartOf(key);
        StoredName.Require(name);
        await ProveAsync(cancellationToken);
        return await AskAsync(
            session => session.Ask(new SmbRequest(SmbOperation.Exists) { Path = name }, cancellationToken).Outcome == SmbOutcome.Missing
                && session.Ask(new SmbRequest(SmbOperation.Rename) { Path = part, To = name }, cancellationToken).Outcome == SmbOutcome.Done,
            cancellationToken);
    }

    private static string PartOf(string key)
    {
        LocalImageStore.RequireKey(key);
        return LocalImageStore.PartPrefix + key + LocalImageStore.PartSuffix;
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
        StoredName.Require(name);
        return await AskAsync(session => HashOf(session, name, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (folder.Length > 0)
            StoredName.Require(folder);
        var folders = new Stack<string>([folder]);
        while (folders.TryPop(out var at))
        {
            var entries = await Task.Run(() => EntriesOf(at, cancellationToken), cancellationToken);
            if (entries is null && at == folder)
                throw new DirectoryNotFoundException($"There is no folder '{folder}' in '{Location}'.");
            foreach (var entry in entries ?? []) // a folder that is gone meanwhile holds nothing
            {
                var name = at.Length == 0 ? entry.Name : $"{at}/{entry.Name}";
                if (!entry.IsFolder)
                    yield return new StoredEntry(name, entry.Bytes, DateTimeOffset.FromUnixTimeSeconds(entry.LastWrite));
                else if (name.Count(c => c == '/') < StoredName.MaxDepth - 1)
                    folders.Push(name);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken)
    {
        StoredName.Require(name);
        var found = await Task.Run(
            () => _readers.Ask(session => session.Ask(new SmbRequest(SmbOperation.Find) { Path = name }, cancellationToken), cancellationToken),
            cancellationToken);
        return found.Outcome == SmbOutcome.Done
            ? new SmbStoredFile(found, name, Location, (_readers, _blocks))
            : throw new FileNotFoundException($"There is no file '{name}' in '{Location}'.", name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _stopping.Cancel();
        _stopping.Dispose();
        _idleLook.Dispose();
        _readers.Dispose();
        while (_idle.TryPop(out var idle))
            idle.Dispose();
    }

    internal static StoredOutput? HashOf(SmbSession session, string path, CancellationToken cancellationToken)
    {
        var answer = session.Ask(new SmbRequest(SmbOperation.Hash) { Path = path }, cancellationToken);
        return answer.Sha256 is { } sha256 ? new StoredOutput(sha256, answer.Bytes) : null;
    }

    /// <summary>The end of what goes ahead, that nobody waits for.</summary>
    internal CancellationToken Stopping { get; }

    internal void RequireName(string name) => _names.Resolve(name);

    /// <summary>Does something with a connection, away from the caller's thread.</summary>
    internal async ValueTask<T> AskAsync<T>(Func<SmbSession, T> work, CancellationToken cancellationToken) => await Task.Run(() => Ask(work, cancellationToken), cancellationToken);

    /// <summary>Makes sure, once for this program, that a rename replaces nothing: libsmbclient does, but for what it tells us before.</summary>
    /// <exception cref="ImageStoreException">It would.</exception>
    internal async ValueTask ProveAsync(CancellationToken cancellationToken)
    {
        if (_isProven)
            return;
        var (held, other) = (TrialFile.NewName(), TrialFile.NewName());
        await ClearedAsync(async () => await Task.Run(() => Prove(held, other, cancellationToken), cancellationToken), held, other);
    }

    private async ValueTask<StoreSentinel?> SentinelAsync(CancellationToken cancellationToken) => await AskAsync(
        session => StoreSentinel.Parse(Location, session.Ask(new SmbRequest(SmbOperation.Read) { Path = StoreSentinel.FileName }, cancellationToken) switch
        {
            { Outcome: SmbOutcome.Done } found => found.Contents,
            _ => null,
        }),
        cancellationToken);

    // Each piece of work has a connection for itself: a large file does not hold up the question whether the store is there.
    private T Ask<T>(Func<SmbSession, T> work, CancellationToken cancellationToken)
    {
        var session = Idle(cancellationToken) ?? Opened(cancellationToken);
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
                PutAside(session);
            else
                session.Dispose();
        }
    }

    private List<SmbEntry>? EntriesOf(string folder, CancellationToken cancellationToken) => _readers.Ask<List<SmbEntry>?>(
        session =>
        {
            List<SmbEntry> all = [];
            void Take(SmbAnswer page)
            {
                // What answers is not trusted with names that could lead anywhere.
                all.AddRange(page.Entries.Where(e => StoredName.IsShown(e.Name)));
                if (all.Count > MaxFolderEntries)
                    throw new IOException($"The folder '{folder}' in '{Location}' holds more than {MaxFolderEntries} files: part it into several.");
            }

            return session.Ask(new SmbRequest(SmbOperation.Entries) { Path = folder }, cancellationToken, Take).Outcome == SmbOutcome.Done ? all : null;
        },
        cancellationToken);

    private SmbSession Opened(CancellationToken cancellationToken)
    {
        var file = new FileInfo(_surroundings.Credentials);
        var written = file.Exists ? (file.LastWriteTimeUtc.Ticks, file.Length) : default;
        if (_refusal is { } known && known.Written == written && _surroundings.Time.GetElapsedTime(known.At) < RefusalHolds)
            throw new ImageStoreException(known.Problem.Failure, known.Problem.Message, known.Problem) { IsOfLogon = true };
        try
        {
            return SmbSession.Open(_surroundings.Agent, _location, SmbCredentials.Read(_surroundings.Credentials), Path.Join(_surroundings.Work, ".agent"), cancellationToken);
        }
        catch (ImageStoreException e) when (e.IsOfLogon)
        {
            _refusal = new Refusal(e, written, _surroundings.Time.GetTimestamp());
            throw;
        }
    }

    private void PutAside(SmbSession session)
    {
        session.IdleSince = _surroundings.Time.GetTimestamp();
        _idle.Push(session);
        if (_isDisposed && _idle.TryPop(out var late))
            late.Dispose();
    }

    // Processes that nobody needs go.
    private void EndIdle()
    {
        List<SmbSession> young = [];
        while (_idle.TryPop(out var session))
        {
            if (_surroundings.Time.GetElapsedTime(session.IdleSince) < MaxIdleTime)
                young.Add(session);
            else
                session.Dispose();
        }

        young.Reverse();
        foreach (var session in young)
            _idle.Push(session);
        while (_isDisposed && _idle.TryPop(out var late))
            late.Dispose();
    }

    // Whatever goes wrong half-way leaves no litter, as far as the server still answers.
    private async ValueTask<T> ClearedAsync<T>(Func<ValueTask<T>> work, params string[] litter)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is OperationCanceledException or (IOException and not ImageStoreException { Failure: ImageStoreFailure.Offline } and not ImageStoreException { IsOfLogon: true }))
        {
            using var soon = new CancellationTokenSource(ClearingPatience);
            try
            {
                await AskAsync(session => Array.ConvertAll(litter, path => session.Ask(new SmbRequest(SmbOperation.Remove) { Path = path }, soon.Token)), soon.Token);
            }
            catch (Exception failed) when (failed is IOException or OperationCanceledException)
            {
                // What went wrong first is what is to be told.
            }

            throw;
        }
    }

    // The connection that is told that a name is taken ends with it.
    private bool Prove(string held, string other, CancellationToken cancellationToken)
    {
        var (theirs, mine) = ("held"u8.ToArray(), "other"u8.ToArray());
        var outcome = Ask(
            session =>
            {
                session.Ask(new SmbRequest(SmbOperation.Create) { Path = held, Contents = theirs }, cancellationToken);
                session.Ask(new SmbRequest(SmbOperation.Create) { Path = other, Contents = mine }, cancellationToken);
                return session.Ask(new SmbRequest(SmbOperation.Rename) { Path = other, To = held }, cancellationToken).Outcome;
            },
            cancellationToken);
        var left = Ask(session => session.Ask(new SmbRequest(SmbOperation.Read) { Path = held }, cancellationToken), cancellationToken);
        if (outcome != SmbOutcome.Taken || !left.Contents.AsSpan().SequenceEqual(theirs))
            throw new ImageStoreException(ImageStoreFailure.Refused, $"The image store '{Location}' is not used: this machine's version of libsmbclient replaces files it must not. Install the one of the distribution, or mount the share; deliveries wait.");
        Ask(session => ((string[])[held, other]).Select(path => session.Ask(new SmbRequest(SmbOperation.Remove) { Path = path }, cancellationToken)).ToArray(), cancellationToken);
        return _isProven = true;
    }

    private StoreTrial Try(SmbSession session, (string Local, string Path, string Renamed) names, StoredOutput written, CancellationToken cancellationToken)
    {
        var (local, path, renamed) = names;
        var began = TimeProvider.System.GetTimestamp();
        session.Ask(new SmbRequest(SmbOperation.Send) { Local = local, Path = path, Count = written.Bytes }, cancellationToken);
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
    private async ValueTask<StoreSentinel?> EstablishAsync(CancellationToken cancellationToken)
    {
        await ProveAsync(cancellationToken);
        var part = $"{StoreSentinel.FileName}-{Guid.NewGuid():N}{LocalImageStore.PartSuffix}";
        return await ClearedAsync(() => AskAsync(session => Establish(session, part, cancellationToken), cancellationToken), part);
    }

    private StoreSentinel? Establish(SmbSession session, string part, CancellationToken cancellationToken)
    {
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

    // What a server said to the credentials that were in the file then.
    private sealed record Refusal(ImageStoreException Problem, (long Ticks, long Bytes) Written, long At);
}
