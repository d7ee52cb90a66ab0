using Microsoft.Win32.SafeHandles;

namespace Slideport.ImageStore.Local;

/// <summary>A file of a local store, open for reading.</summary>
internal sealed class LocalStoredFile : StoredFile
{
    private readonly SafeFileHandle _handle;

    private LocalStoredFile(SafeFileHandle handle, DateTimeOffset lastWrite)
        : base(RandomAccess.GetLength(handle), lastWrite) => _handle = handle;

    /// <summary>Opens it.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="name">Its name below that.</param>
    /// <exception cref="FileNotFoundException">There is no file of that name.</exception>
    internal static LocalStoredFile Open(string root, string name)
    {
        var path = LocalPath.Find(root, name, isFolder: false) ?? throw new FileNotFoundException($"There is no file '{name}' in '{root}'.", name);
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        return new LocalStoredFile(handle, File.GetLastWriteTimeUtc(handle));
    }

    public override int Read(Span<byte> buffer, long offset)
    {
        var count = 0;
        while (count < buffer.Length && RandomAccess.Read(_handle, buffer[count..], offset + count) is var more and not 0)
            count += more;
        return count;
    }

    protected override void Dispose(bool isDisposing) => _handle.Dispose();
}
