using System.Collections.Concurrent;
using Slideport.Converter.Spool;
using Slideport.ImageStore;
using Slideport.ImageStore.Local;
using Slideport.Protocol.Slides;

namespace Slideport.Converter.Delivery;

/// <summary>
/// The image file systems that slides go to: the converter's own (<c>ImageStore:Location</c>), and those that SAM's page Images names for scanners
/// (File Location).
/// </summary>
/// <remarks>
/// Each has to be, for ever, the one it was at first use: its id is kept in the spool. A folder that SAM names is never made here: a misspelt path
/// would take slides that nobody finds.
/// </remarks>
internal sealed class ImageStores(SpoolFolder folder, string own) : IDisposable
{
    // Whoever looks at a share that hangs goes on without an answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly string Silence = $"It has not answered within {Patience.TotalSeconds:0} s; check the server and the network.";

    private readonly ConcurrentDictionary<(string? Location, bool IsTrial), Task<FileLocationHealth>> _looks = new();
    private readonly SemaphoreSlim _founding = new(1); // two slides at once must not each make a new place theirs

    /// <summary>The converter's own.</summary>
    internal IImageStore Own { get; } = new LocalImageStore(own);

    /// <summary>What slides of a file location are kept under: null for the converter's own, by whichever name.</summary>
    internal string? Named(string location) =>
        Path.IsPathFullyQualified(location) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(location)) == Path.TrimEndingDirectorySeparator(Own.Location) ? null : location;

    /// <summary>The store at a file location, made sure that it is the one used before.</summary>
    /// <param name="location">From <see cref="Named"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ImageStoreException">It is not there, is foreign, or cannot be reached from this machine by that name.</exception>
    internal async ValueTask<IImageStore> OpenAsync(string? location, CancellationToken cancellationToken)
    {
        // A share that hangs takes no worker with it, whom the other slides need.
        if (await TryLookAsync(location, isTrial: false) is null)
            throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location ?? Own.Location}': {Silence}");
        var store = At(location);
        if (folder.KnownStoreId(location) is { } known)
        {
            await store.CheckAsync(known, cancellationToken);
            return store;
        }

        await _founding.WaitAsync(cancellationToken);
        try
        {
            RequireFolder(location);
            var id = folder.KnownStoreId(location);
            id ??= await store.CheckAsync(null, cancellationToken);
            folder.RememberStore(location, id.Value);
            return store;
        }
        finally
        {
            _founding.Release();
        }
    }

    /// <summary>The stores that slides have been delivered to, as far as they can be reached by their names.</summary>
    internal IEnumerable<string?> Used => folder.KnownStores();

    /// <summary>How a file location is doing, within some seconds whatever it does; nothing is founded there.</summary>
    /// <param name="location">From <see cref="Named"/>.</param>
    /// <param name="isTrial">Whether to write a file, read it back and remove it, too.</param>
    internal async Task<FileLocationHealth> LookAsync(string? location, bool isTrial) =>
        await TryLookAsync(location, isTrial) ?? new FileLocationHealth { Location = location ?? Own.Location, Problem = Silence };

    public void Dispose() => _founding.Dispose();

    // Null: no answer.
    private async Task<FileLocationHealth?> TryLookAsync(string? location, bool isTrial)
    {
        // A share that hangs holds one thread, however often it is looked at.
        var look = _looks.GetOrAdd((location, isTrial), key => Task.Run(() => LookNowAsync(key.Location, key.IsTrial)));
        try
        {
            var health = await look.WaitAsync(Patience);
            _looks.TryRemove(KeyValuePair.Create((location, isTrial), look));
            return health;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<FileLocationHealth> LookNowAsync(string? location, bool isTrial)
    {
        var health = new FileLocationHealth { Location = location ?? Own.Location };
        try
        {
            var store = At(location);
            var known = folder.KnownStoreId(location);
            if (known is null && location is not null)
                RequireFolder(location);
            else
                await store.CheckAsync(known, CancellationToken.None);
            if (isTrial)
                await store.TryAsync(CancellationToken.None);
            var space = store.Space();
            return health with { FreeBytes = space.FreeBytes, TotalBytes = space.TotalBytes };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return health with { Problem = e.Message };
        }
    }

    private IImageStore At(string? location)
    {
        if (location is null)
            return Own;
        if (!Path.IsPathFullyQualified(location))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is no path on the converter's machine: mount the share there, and write the path of its folder as the file location; deliveries wait.");
        return new LocalImageStore(location);
    }

    private static void RequireFolder(string? location)
    {
        if (location is not null && !Directory.Exists(location))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"There is no folder '{location}' on the converter's machine: create it, or mount the share there; deliveries wait.");
    }
}
