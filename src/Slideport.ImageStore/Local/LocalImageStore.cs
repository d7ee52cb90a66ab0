using System.Diagnostics;
using System.Runtime.CompilerServices;
using Slideport.Files;

namespace Slideport.ImageStore.Local;

/// <summary>An image file system that is a folder of this machine: a local disk, or a share the operating system has mounted.</summary>
/// <remarks>
/// A delivery is written straight into its hidden part on the store's own file system, so a slide is copied once. Delivered files
/// carry the read and write permissions of the sentinel file: an administrator decides with one <c>chmod</c> who may read slides.
/// </remarks>
public sealed class LocalImageStore : IImageStore
{
    internal const string PartPrefix = ".slideport-";
    internal const string PartSuffix = ".part";

    private const int PageEntries = 512;

    private readonly StorePath _root;

    /// <summary>A store in a folder; nothing is touched until <see cref="CheckAsync"/>.</summary>
    public LocalImageStore(string folder) => _root = StorePath.AtRoot(folder);

    /// <inheritdoc/>
    public string Location => _root.FullPath;

    /// <inheritdoc/>
    public ValueTask<Guid?> FindAsync(CancellationToken cancellationToken) => ValueTask.FromResult(StoreSentinel.Read(Location)?.Id);

    /// <inheritdoc/>
    public ValueTask<Guid> CheckAsync(Guid? knownId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sentinel = StoreSentinel.Read(Location) ?? (knownId is null ? Establish() : null);
        return ValueTask.FromResult(StoreSentinel.Require(Location, sentinel, knownId));
    }

    /// <inheritdoc/>
    public async ValueTask<StoreTrial> TryAsync(long bytes, CancellationToken cancellationToken)
    {
        await Task.Yield(); // whoever tries a store that hangs has said so
        if (!Directory.Exists(Location))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"There is no folder '{Location}' on this machine: create it, or mount the share there.");
        var (path, renamed) = (Path.Join(Location, TrialFile.NewName()), Path.Join(Location, TrialFile.NewName()));
        try
        {
            var began = Stopwatch.GetTimestamp();
            var written = TrialFile.Write(path, bytes, cancellationToken);
            var wrote = Stopwatch.GetElapsedTime(began);
            began = Stopwatch.GetTimestamp();
            if (LocalReadBack.Of(path, fromDisk: true, cancellationToken) != written)
                throw new IOException($"What was written to '{Location}' does not read back the same: have the share looked at.");
            var read = Stopwatch.GetElapsedTime(began);
            if (!DurableFile.TryRename(path, renamed))
                throw new IOException($"A file in '{Location}' cannot be renamed: have the share looked at.");
            return new StoreTrial(bytes, wrote, read, MountedFileSystem.Describe(Location));
        }
        finally
        {
            File.Delete(path);
            File.Delete(renamed);
        }
    }

    /// <inheritdoc/>
    public DiskSpace Space() => DurableFile.Space(Location);

    /// <inheritdoc/>
    public ImageDelivery Begin(string key)
    {
        RequireKey(key);
        return new LocalImageDelivery(_root, PartOf(key));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryWithdrawAsync(string name, string key, CancellationToken cancellationToken)
    {
        StoredName.Require(name);
        RequireKey(key);
        return await Task.Run(
            () =>
            {
                if ((LocalPath.Find(Location, name, isFolder: false) ?? LocalPath.Find(Location, name, isFolder: true)) is not { } path)
                    return false;
                return Rename(path, PartOf(key)) ? true : throw new IOException($"Something else was withdrawn from '{Location}' as '{key}', and is still there.");
            },
            cancellationToken).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryPutBackAsync(string key, string name, CancellationToken cancellationToken)
    {
        StoredName.Require(name);
        RequireKey(key);
        return await Task.Run(
            () =>
            {
                var folder = name.LastIndexOf('/') is > 0 and var end ? name[..end] : "";
                var path = LocalPath.Find(Location, folder, isFolder: true) ?? throw new DirectoryNotFoundException($"There is no folder '{folder}' in '{Location}' any more.");
                return Rename(PartOf(key), Path.Join(path, Path.GetFileName(name)));
            },
            cancellationToken).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Unfinished() =>
        [.. Directory.EnumerateFileSystemEntries(Location, PartPrefix + "*" + PartSuffix).Select(p => Path.GetFileName(p)[PartPrefix.Length..^PartSuffix.Length])];

    /// <inheritdoc/>
    public async ValueTask<StoredOutput?> ReadBackAsync(string name, CancellationToken cancellationToken)
    {
        StoredName.Require(name);
        // Whoever waits for a mount that hangs may stop waiting.
        return await Task.Run(
            () => (LocalPath.Find(Location, name, isFolder: false) ?? LocalPath.Find(Location, name, isFolder: true)) is { } path ? LocalReadBack.Of(path, fromDisk: true, cancellationToken) : (StoredOutput?)null,
            cancellationToken).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (folder.Length > 0)
            StoredName.Require(folder);
        using var files = await Task.Run(() => LocalListing.Of(Location, folder).GetEnumerator(), cancellationToken).WaitAsync(cancellationToken);
        var page = new List<StoredEntry>(PageEntries);
        do
        {
            // A mounted share may hang: whoever waits for it can give up, the thread cannot.
            page.Clear();
            await Task.Run(() => Fill(page, files, cancellationToken), cancellationToken).WaitAsync(cancellationToken);
            foreach (var entry in page)
                yield return entry;
        }
        while (page.Count == PageEntries);
    }

    /// <inheritdoc/>
    public async ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken)
    {
        StoredName.Require(name);
        return await Task.Run(() => LocalStoredFile.Open(Location, name), cancellationToken).WaitAsync(cancellationToken);
    }

    private string PartOf(string key) => Path.Join(Location, PartPrefix + key + PartSuffix);

    // Durable in both folders when it returns.
    private static bool Rename(string from, string to)
    {
        if (!DurableFile.TryRename(from, to))
            return false;
        DurableFile.FlushDirectory(Path.GetDirectoryName(to)!);
        DurableFile.FlushDirectory(Path.GetDirectoryName(from)!);
        return true;
    }

    internal static void RequireKey(string key)
    {
        if (key.Length is 0 or > 64 || !key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            throw new ArgumentException($"'{key}' is not a delivery key.", nameof(key));
    }

    private static void Fill(List<StoredEntry> page, IEnumerator<StoredEntry> files, CancellationToken cancellationToken)
    {
        while (page.Count < PageEntries && files.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            page.Add(files.Current);
        }
    }

    // First use. The folder may hold other people's files, but no id: from now on it must have ours.
    private StoreSentinel Establish()
    {
        DurableFile.CreateDirectory(Location, LocalImageDelivery.FolderMode);
        var sentinel = new StoreSentinel(Guid.NewGuid());
        var path = Path.Join(Location, StoreSentinel.FileName);
        var part = path + PartSuffix;
        DurableFile.Replace(part, sentinel.ToBytes());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(part, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        if (!DurableFile.TryRename(part, path))
            DurableFile.Delete(part);
        // Somebody may have been faster, another converter perhaps: it is what he made it.
        return StoreSentinel.Read(Location) ?? throw new ImageStoreException(ImageStoreFailure.Offline, $"The image store '{Location}' changes under our hands; deliveries wait.");
    }
}
