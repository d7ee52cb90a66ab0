using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.ImageStore;
using Slideport.ImageStore.Local;
using Slideport.ImageStore.Smb;

namespace Slideport.Dsr.Locations;

/// <summary>
/// The image file systems of the catalogue. Each has to be, for ever, the one it was at first use: an empty mount point must not look like one whose
/// slides are all gone.
/// </summary>
internal sealed class ImageLocations : IDisposable
{
    private const string MarkPrefix = "store:";

    private readonly SerialWrites<DsrDatabase> _writes;
    private readonly Dictionary<string, IImageStore> _stores;
    private readonly ConcurrentDictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Those of the settings; nothing is touched yet.</summary>
    internal ImageLocations(DsrOptions options, SerialWrites<DsrDatabase> writes, TimeProvider time)
    {
        _writes = writes;
        _stores = options.Locations.Select(location => Create(location, options, time)).ToDictionary(store => store.Location, StringComparer.Ordinal);
    }

    /// <summary>Where they are.</summary>
    internal IReadOnlyCollection<string> All => _stores.Keys;

    /// <summary>The first of them: what a converter means that names none.</summary>
    internal string First => _stores.Keys.First();

    /// <summary>A converter's location as it was when it was first used, whether it is there now or not; null: it never was, or is none of the catalogue's.</summary>
    /// <param name="location">As a converter names it; null: its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<Place?> FindAsync(string? location, CancellationToken cancellationToken)
    {
        if (NameOf(location) is not { } name)
            return null;
        if (_places.TryGetValue(name, out var known))
            return known;
        try
        {
            return await KnownIdAsync(name, cancellationToken) is { } id ? new Place(name, id) : await CheckAsync(name, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The store of a place.</summary>
    /// <exception cref="ImageStoreException">It is none of the catalogue's any more.</exception>
    internal IImageStore StoreOf(string location) => _stores.TryGetValue(location, out var store)
        ? store
        : throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is none of the image file systems of this catalogue any more; name it in Dsr:Locations.");

    /// <summary>Makes sure that it is there, and the one it was.</summary>
    /// <exception cref="IOException">It is not.</exception>
    internal async Task<Place> CheckAsync(string location, CancellationToken cancellationToken)
    {
        var store = StoreOf(location);
        if (await KnownIdAsync(location, cancellationToken) is { } known)
            return _places[location] = new Place(location, await store.CheckAsync(known, cancellationToken));
        // Who only reads founds nothing: a mount point that is empty today would be taken for the store it hides.
        var id = await store.FindAsync(cancellationToken)
            ?? throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is no image file system yet: a converter makes it one with its first slide, or 'slideport store found {location}' does.");
        await _writes.WriteAsync((database, _) => RememberAsync(database, location, id, cancellationToken), cancellationToken);
        return _places[location] = new Place(location, id);
    }

    // A store that is reached by another way than before takes its slides along; what converters have delivered to a new one has been told already, and is
    // asked for again.
    private async Task<bool> RememberAsync(DsrDatabase database, string location, Guid id, CancellationToken cancellationToken)
    {
        var (name, value) = (MarkPrefix + location, id.ToString());
        if (await database.Marks.FindAsync([name], cancellationToken) is { } mark)
            return mark.Value == value ? true : throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{location}' is another image file system than another DSR has found there a moment ago.");
        var others = await database.Marks.Where(m => m.Name.StartsWith(MarkPrefix) && m.Value == value).ToListAsync(cancellationToken);
        foreach (var other in others)
        {
            var before = other.Name[MarkPrefix.Length..];
            if (_stores.ContainsKey(before))
                throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{location}' and '{before}' are the same image file system; name it once in Dsr:Locations.");
            await database.Slides.Where(s => s.Place == before).ExecuteUpdateAsync(set => set.SetProperty(s => s.Place, location), cancellationToken);
            database.Marks.Remove(other);
        }

        database.Marks.Add(new Mark { Name = name, Value = value });
        await database.Marks.Where(m => m.Name == CatalogueWriter.FeedMark).ExecuteDeleteAsync(cancellationToken);
        return true;
    }

    private async Task<Guid?> KnownIdAsync(string location, CancellationToken cancellationToken)
    {
        if (_places.TryGetValue(location, out var known))
            return known.StoreId;
        var mark = await _writes.WriteAsync(async (database, _) => (await database.Marks.AsNoTracking().SingleOrDefaultAsync(m => m.Name == MarkPrefix + location, cancellationToken))?.Value, cancellationToken);
        return mark is null ? null : Guid.Parse(mark);
    }

    public void Dispose()
    {
        foreach (var store in _stores.Values.OfType<IDisposable>())
            store.Dispose();
    }

    /// <summary>What a converter's location is called here; null: it is none of the catalogue's.</summary>
    internal string? NameOf(string? location) => Named(location) is var name && _stores.ContainsKey(name) ? name : null;

    private string Named(string? location)
    {
        if (location is null)
            return First;
        if (SmbLocation.TryParse(location, out var share, out _))
            return share.ToString();
        return Path.IsPathFullyQualified(location) ? new LocalImageStore(location).Location : location;
    }

    private static IImageStore Create(string location, DsrOptions options, TimeProvider time)
    {
        if (!SmbLocation.IsMeant(location))
            return new LocalImageStore(location);
        if (!SmbLocation.TryParse(location, out var share, out var problem))
            throw new ArgumentException($"Dsr:Locations '{location}' is no share: {problem}.", nameof(options));
        return new SmbImageStore(share, new SmbSurroundings(Path.Join(options.WorkFolder, "share"), Path.Join(options.ShareCredentialsFolder, share.Server), SmbProgram.Self) { Time = time });
    }
}
