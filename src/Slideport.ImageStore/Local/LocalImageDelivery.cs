using Slideport.Files;

namespace Slideport.ImageStore.Local;

/// <summary>A delivery on the store's own file system: <c>.slideport-KEY.part</c>, a file or a folder of files, renamed in the end.</summary>
internal sealed class LocalImageDelivery : ImageDelivery
{
    /// <summary>Permissions of folders inside the store, less the umask: other programs read slides, only we write them.</summary>
    internal const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly StorePath _root;

    internal LocalImageDelivery(StorePath root, string partPath)
    {
        _root = root;
        PartPath = partPath;
    }

    /// <inheritdoc/>
    public override string PartPath { get; }

    /// <inheritdoc/>
    public override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(PartPath))
        {
            FlushFile(PartPath);
        }
        else
        {
            foreach (var file in Directory.EnumerateFiles(PartPath))
            {
                cancellationToken.ThrowIfCancellationRequested();
                FlushFile(file);
            }

            DurableFile.FlushDirectory(PartPath);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<StoredOutput> ReadBackAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(LocalReadBack.Of(PartPath, fromDisk: false, cancellationToken));

    /// <inheritdoc/>
    public override ValueTask<bool> TryPublishAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = _root.Resolve(name).FullPath;
        var folder = Path.GetDirectoryName(target)!;
        DurableFile.CreateDirectory(folder, FolderMode);
        Share();
        if (!DurableFile.TryRename(PartPath, target))
            return ValueTask.FromResult(false);
        DurableFile.FlushDirectory(folder);
        if (folder != _root.FullPath)
            DurableFile.FlushDirectory(_root.FullPath); // the part's name is gone from here
        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public override ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(PartPath))
        {
            Directory.Delete(PartPath, recursive: true);
            DurableFile.FlushDirectory(_root.FullPath);
        }
        else
        {
            DurableFile.Delete(PartPath);
        }

        return ValueTask.CompletedTask;
    }

    private static void FlushFile(string path)
    {
        // fsync works on a read handle, and flushes what any other handle of the file wrote.
        using var file = OperatingSystem.IsWindows()
            ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)
            : DurableFile.OpenRead(path);
        DurableFile.Flush(file);
    }

    // Parts are the owner's alone; what is about to be published gets the permissions the sentinel shows.
    private void Share()
    {
        if (OperatingSystem.IsWindows())
            return;
        var mode = File.GetUnixFileMode(Path.Join(_root.FullPath, StoreSentinel.FileName));
        if (File.Exists(PartPath))
        {
            File.SetUnixFileMode(PartPath, mode);
            return;
        }

        foreach (var file in Directory.EnumerateFiles(PartPath))
            File.SetUnixFileMode(file, mode);
        // Whoever may read the files may enter their folder.
        var enter = (mode.HasFlag(UnixFileMode.GroupRead) ? UnixFileMode.GroupExecute : 0) | (mode.HasFlag(UnixFileMode.OtherRead) ? UnixFileMode.OtherExecute : 0);
        File.SetUnixFileMode(PartPath, mode | enter | UnixFileMode.UserExecute);
    }
}
