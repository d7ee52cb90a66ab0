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

    /// <summary>An image file system as it was when it was last made sure of; null: it never was, or is none of the catalogue's.</summary>
    /// <param name="location">As a converter names it; null: its own.</param>
    internal Place? Known(string? location) => _places.GetValueOrDefault(Named(location));

    /// <summary>The store of a place.</summary>
    /// <exception cref="ImageStoreException">It is none of the catalogue's any more.</exception>
    internal IImageStore StoreOf(string location) => _stores.TryGetValue(location, out var store)
        ? store
        : throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is none of the image file systems of this catalogue any more; name it in Dsr:Locations.");

    /// <summary>Makes sure that it is there, and the one it was.</summary>
    /// <exception cref="IOException">It is not.</exception>
    internal async Task<Place> CheckAsync(string location, CancellationToken cancellationToken)
    {
        var known = await _writes.WriteAsync(async (database, _) => (await database.Marks.AsNoTracking().SingleOrDefaultAsync(m => m.Name == MarkPrefix + location, cancellationToken))?.Value, cancellationToken);
        // Who only reads founds nothing: a mount point that is empty today would be taken for the store it hides.
        var id = known is not null
            ? await _stores[location].CheckAsync(Guid.Parse(known), cancellationToken)
            : await _stores[location].FindAsync(cancellationToken) ?? throw new ImageStoreException(ImageStoreFailure.Offline, $"'{location}' is no image file system yet: a converter makes it one with its first slide, or 'slideport store found {location}' does.");
        if (known is null)
        {
            await _writes.WriteAsync((database, _) =>
            {
                database.Marks.Add(new Mark { Name = MarkPrefix + location, Value = id.ToString() });
                return Task.FromResult(true);
            }, cancellationToken);
        }

        return _places[location] = new Place(location, id);
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
