namespace Slideport.ImageStore;

/// <summary>A file of the image file system, open for reading anywhere in it, by several threads at once.</summary>
public abstract class StoredFile : IDisposable
{
    /// <summary>A file of that size and age.</summary>
    /// <param name="length">Bytes, when it was opened.</param>
    /// <param name="lastWrite">When it was last written to, by the store's clock.</param>
    protected StoredFile(long length, DateTimeOffset lastWrite) => (Length, LastWrite) = (length, lastWrite);

    /// <summary>Bytes, when it was opened.</summary>
    public long Length { get; }

    /// <summary>When it was last written to before it was opened.</summary>
    public DateTimeOffset LastWrite { get; }

    /// <summary>Fills a buffer from a place in the file.</summary>
    /// <returns>Bytes read: fewer than there is room for only where the file ends.</returns>
    /// <exception cref="IOException">The store does not answer, or the file is gone: said within two minutes, however the server behaves. A local folder that hangs is the operating system's to end.</exception>
    public abstract int Read(Span<byte> buffer, long offset);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the file holds.</summary>
    protected abstract void Dispose(bool isDisposing);
}
