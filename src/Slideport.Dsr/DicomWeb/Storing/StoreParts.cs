using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Slideport.Dsr.Locations;
using Slideport.Files;
using Slideport.ImageStore;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>
/// Hidden parts of instances that are being stored. Each is noted on the local disk before it is begun, so that what a crash leaves on an image file
/// system is found again and removed, and nobody else's.
/// </summary>
/// <param name="folder">Where the notes are kept.</param>
/// <param name="locations">The image file systems.</param>
/// <param name="log">Log.</param>
internal sealed class StoreParts(string folder, ImageLocations locations, ILogger log)
{
    private readonly ConcurrentDictionary<string, bool> _written = new(StringComparer.Ordinal);

    /// <summary>A part that nobody else writes to.</summary>
    /// <exception cref="IOException">The local disk does not take the note.</exception>
    internal StoredPart Begin(string location)
    {
        var key = $"stow{Guid.NewGuid():n}";
        _written[key] = true;
        try
        {
            DurableFile.CreateDirectory(folder);
            DurableFile.Replace(Path.Join(folder, key), Encoding.UTF8.GetBytes(location));
            return new StoredPart(key, locations.StoreOf(location).Begin(key));
        }
        catch
        {
            _written.TryRemove(key, out _);
            throw;
        }
    }

    /// <summary>Lets go of a part. One that was not published is removed, now or when the store is there again.</summary>
    internal async Task EndAsync(StoredPart part, bool isPublished)
    {
        _written.TryRemove(part.Key, out _);
        try
        {
            if (!isPublished)
                await part.Delivery.RemoveAsync(CancellationToken.None);
            File.Delete(Path.Join(folder, part.Key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.PartNotRemoved(log, part.Key, e.Message);
        }
    }

    /// <summary>Removes what an earlier process, or a store that was away, has left.</summary>
    internal async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var note in Directory.EnumerateFiles(folder, "stow*").ToList())
        {
            // A note that was not written to its end has an extension still, and no part.
            var key = Path.GetFileNameWithoutExtension(note);
            if (_written.ContainsKey(key))
                continue;
            try
            {
                if (!Path.HasExtension(note) && locations.NameOf(await File.ReadAllTextAsync(note, cancellationToken)) is { } location)
                    await locations.StoreOf(location).Begin(key).RemoveAsync(cancellationToken);
                File.Delete(note);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.PartNotRemoved(log, key, e.Message);
            }
        }
    }
}

/// <summary>A part that is being written.</summary>
/// <param name="Key">What it is called.</param>
/// <param name="Delivery">Its way into the image file system.</param>
internal sealed record StoredPart(string Key, ImageDelivery Delivery);
