using Slideport.Files;

namespace Slideport.ImageStore;

/// <summary>The image file system where finished slides lie: a local or mounted folder, or a folder of an SMB share.</summary>
/// <remarks>
/// <code>
/// CheckAsync ─ Begin(key) ─ write into Delivery.PartPath ─ FlushAsync ─ (read back) ─ TryPublishAsync(name)
/// </code>
/// Until it is published a delivery is invisible to others: it lies under <c>.slideport-KEY.part</c>. Publishing never replaces.
/// </remarks>
public interface IImageStore
{
    /// <summary>Where it is, for messages.</summary>
    string Location { get; }

    /// <summary>Makes sure that this is the store used before and that it is mounted, and returns its id.</summary>
    /// <param name="knownId">The id this store had when it was last used; null at first use, when an empty folder becomes a store.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <exception cref="ImageStoreException">It is offline or foreign.</exception>
    ValueTask<Guid> CheckAsync(Guid? knownId, CancellationToken cancellationToken);

    /// <summary>The id it was given at first use; null: it was never used as a store, or what is mounted there is not.</summary>
    /// <exception cref="IOException">It cannot be asked.</exception>
    ValueTask<Guid?> FindAsync(CancellationToken cancellationToken);

    /// <summary>Proves that slides can go there: a hidden file is written to its stable storage, read back, compared, renamed and removed. Nothing is founded.</summary>
    /// <param name="bytes">How large it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">They cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">Its permissions are in the way.</exception>
    ValueTask<StoreTrial> TryAsync(long bytes, CancellationToken cancellationToken);

    /// <summary>Room in it.</summary>
    /// <exception cref="IOException">It cannot be asked.</exception>
    DiskSpace Space();

    /// <summary>The delivery of a key. Whatever an earlier attempt left under that key is taken up, not removed.</summary>
    /// <param name="key">1–64 characters of <c>a–z 0–9</c>; the same slide always has the same.</param>
    ImageDelivery Begin(string key);

    /// <summary>Keys of deliveries begun and neither published nor removed: what a crash leaves.</summary>
    IReadOnlyList<string> Unfinished();

    /// <summary>Reads a published output back from the store's disk, not from memory it was written from.</summary>
    /// <param name="name">A name given to <see cref="ImageDelivery.TryPublishAsync"/>, or of a file or folder that was listed.</param>
    /// <param name="cancellationToken">Cancels between buffers.</param>
    /// <returns>Its hash and size, of a folder of the files right in it; null when there is none of that name.</returns>
    ValueTask<StoredOutput?> ReadBackAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a published output out of sight: it becomes the part of a key, which is read back, removed or put back under its name. The only way by which
    /// anything that is published is ever removed.
    /// </summary>
    /// <param name="name">As <see cref="ListAsync(CancellationToken)"/> tells it, or of a folder of files.</param>
    /// <param name="key">As of <see cref="Begin"/>; nothing is begun under it.</param>
    /// <param name="cancellationToken">Cancels before the rename.</param>
    /// <returns>False when nothing lies under the name.</returns>
    /// <exception cref="IOException">The store is not there, or somebody holds the file.</exception>
    ValueTask<bool> TryWithdrawAsync(string name, string key, CancellationToken cancellationToken);

    /// <summary>Gives what was withdrawn its name again, never replacing.</summary>
    /// <returns>False when the name is taken; the part is untouched.</returns>
    /// <exception cref="IOException">The store or the part is not there.</exception>
    ValueTask<bool> TryPutBackAsync(string key, string name, CancellationToken cancellationToken);

    /// <summary>Every file in the store, recursively, in no order; hidden ones are left out, our own parts above all. Read from the store as it goes.</summary>
    /// <exception cref="IOException">The store is not there, or a folder cannot be read: what came before is not all there is.</exception>
    IAsyncEnumerable<StoredEntry> ListAsync(CancellationToken cancellationToken) => ListAsync("", cancellationToken);

    /// <summary>Every file below a folder of the store.</summary>
    /// <param name="folder">Components parted by <c>/</c>; empty: the store itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The store is not there, or a folder cannot be read.</exception>
    IAsyncEnumerable<StoredEntry> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Opens a file for reading.</summary>
    /// <param name="name">As <see cref="ListAsync(CancellationToken)"/> tells it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    /// <exception cref="FileNotFoundException">There is no file of that name.</exception>
    /// <exception cref="IOException">The store is not there.</exception>
    ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken);
}
