using System.Collections.Concurrent;
using System.Globalization;
using Slideport.Converter.Spool;
using Slideport.ImageStore;
using Slideport.ImageStore.Local;
using Slideport.ImageStore.Smb;
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
internal sealed class ImageStores : IDisposable
{
    private const string ShareFolder = "share";

    // Whoever looks at a place that hangs goes on without an answer. A share is connected to first; who has it tried waits at SAM for less than that may take.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PatienceForShares = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PatienceForTrials = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<(string? Location, bool IsTrial), Task<FileLocationHealth>> _looks = new();
    private readonly ConcurrentDictionary<string, SmbImageStore> _shares = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _founding = new(StringComparer.Ordinal); // two slides at once must not each make a new place theirs; one that hangs holds up no other place
    private readonly SpoolFolder _folder;
    private readonly string _credentials;

    /// <summary>The stores that a spool delivers to.</summary>
    /// <param name="folder">The spool.</param>
    /// <param name="own">The converter's own store: a folder or a share.</param>
    /// <param name="credentials">Folder with a file for each server that shares are on.</param>
    internal ImageStores(SpoolFolder folder, string own, string credentials)
    {
        _folder = folder;
        _credentials = credentials;
        Own = SmbLocation.TryParse(own, out var share, out _) ? Share(share) : new LocalImageStore(own);
    }

    /// <summary>The converter's own.</summary>
    internal IImageStore Own { get; }

    /// <summary>What slides of a file location are kept under: null for the converter's own, by whichever name.</summary>
    internal string? Named(string location)
    {
        if (SmbLocation.TryParse(location, out var share, out _))
            return share.ToString() == Own.Location ? null : share.ToString();
        return Path.IsPathFullyQualified(location) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(location)) == Path.TrimEndingDirectorySeparator(Own.Location) ? null : location;
    }

    /// <summary>The store at a file location, made sure that it is the one used before.</summary>
    /// <param name="location">From <see cref="Named"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ImageStoreException">It is not there, is foreign, or cannot be reached from this machine by that name.</exception>
    internal async ValueTask<IImageStore> OpenAsync(string? location, CancellationToken cancellationToken)
    {
        // A share that hangs takes no worker with it, whom the other slides need.
        if (await TryLookAsync(location, isTrial: false) is null)
            throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location ?? Own.Location}': {Silence(location, isTrial: false)}");
        var store = At(location);
        if (_folder.KnownStoreId(location) is { } known)
        {
            await store.CheckAsync(known, cancellationToken);
            return store;
        }

        var founding = _founding.GetOrAdd(location ?? "", _ => new SemaphoreSlim(1));
        await founding.WaitAsync(cancellationToken);
        try
        {
            RequireFolder(location);
            var id = _folder.KnownStoreId(location);
            id ??= await store.CheckAsync(null, cancellationToken);
            _folder.RememberStore(location, id.Value);
            return store;
        }
        finally
        {
            founding.Release();
        }
    }

    /// <summary>The stores that slides have been delivered to, as far as they can be reached by their names.</summary>
    internal IEnumerable<string?> Used => _folder.KnownStores();

    /// <summary>Whether it is spoken with by ourselves: what lies there was closed, but nothing could be asked to be flushed.</summary>
    /// <param name="location">From <see cref="Named"/>.</param>
    internal bool IsShare(string? location) => SmbLocation.IsMeant(location ?? Own.Location);

    /// <summary>Looks that have not ended, waited for or not.</summary>
    internal int Looks => _looks.Count;

    /// <summary>How a file location is doing, within some seconds whatever it does; nothing is founded there.</summary>
    /// <param name="location">From <see cref="Named"/>.</param>
    /// <param name="isTrial">Whether to write a file, read it back and remove it, too.</param>
    internal async Task<FileLocationHealth> LookAsync(string? location, bool isTrial) =>
        await TryLookAsync(location, isTrial) ?? new FileLocationHealth { Location = location ?? Own.Location, Problem = Silence(location, isTrial) };

    public void Dispose()
    {
        foreach (var share in _shares.Values)
            share.Dispose();
        foreach (var founding in _founding.Values)
            founding.Dispose();
    }

    // Null: no answer.
    private async Task<FileLocationHealth?> TryLookAsync(string? location, bool isTrial)
    {
        // A share that hangs holds one thread, however often it is looked at.
        var look = _looks.GetOrAdd((location, isTrial), key => Task.Run(() => LookNowAsync(key.Location, key.IsTrial)));
        // What it has seen, or failed at, is nobody's who comes when it has ended, though nobody waited so long.
        _ = look.ContinueWith(
            _ => _looks.TryRemove(KeyValuePair.Create((location, isTrial), look)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await look.WaitAsync(PatienceFor(location, isTrial));
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private TimeSpan PatienceFor(string? location, bool isTrial) => !IsShare(location) ? Patience : isTrial ? PatienceForTrials : PatienceForShares;

    private string Silence(string? location, bool isTrial) =>
        string.Create(CultureInfo.InvariantCulture, $"It has not answered within {PatienceFor(location, isTrial).TotalSeconds:0} s; check the server and the network.");

    private async Task<FileLocationHealth> LookNowAsync(string? location, bool isTrial)
    {
        var health = new FileLocationHealth { Location = location ?? Own.Location };
        try
        {
            var store = At(location);
            var known = _folder.KnownStoreId(location);
            if (known is null && location is not null)
                RequireFolder(location);
            else
                await store.CheckAsync(known, CancellationToken.None);
            if (isTrial)
                await store.TryAsync(StoreTrial.Small, CancellationToken.None);
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
        if (SmbLocation.IsMeant(location))
            return SmbLocation.TryParse(location, out var share, out var problem) ? Share(share) : throw new ImageStoreException(ImageStoreFailure.Offline, $"The file location is no share: {problem}; deliveries wait.");
        if (!Path.IsPathFullyQualified(location))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is no path on the converter's machine: write the path of a folder there, or a share as smb://server/share/folder; deliveries wait.");
        return new LocalImageStore(location);
    }

    private SmbImageStore Share(SmbLocation location) => _shares.GetOrAdd(
        location.ToString(),
        _ => new SmbImageStore(location, new SmbSurroundings(Path.Join(_folder.Root, ShareFolder), Path.Join(_credentials, location.Server), SmbProgram.Self)));

    // A folder of a share is never made, nor asked for here: whoever asks it anything finds out.
    private static void RequireFolder(string? location)
    {
        if (location is not null && !SmbLocation.IsMeant(location) && !Directory.Exists(location))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"There is no folder '{location}' on the converter's machine: create it, or mount the share there; deliveries wait.");
    }
}
