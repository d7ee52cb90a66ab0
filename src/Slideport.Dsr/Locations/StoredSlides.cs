using System.Runtime.CompilerServices;
using Slideport.Dsr.Catalogue;
using Slideport.ImageStore;

namespace Slideport.Dsr.Locations;

/// <summary>Which of the files on an image file system are slides, judged by their names: an SVS is one, and so is a folder with DICOM files in it.</summary>
internal static class StoredSlides
{
    /// <summary>What the names of instances end with.</summary>
    internal const string InstanceExtension = ".dcm";

    private static readonly string[] Pictures = [".svs", ".tif", ".tiff"];

    /// <summary>All slides of an image file system.</summary>
    /// <exception cref="IOException">Not all of it can be listed.</exception>
    internal static async IAsyncEnumerable<FoundFile> ListAsync(Place place, IImageStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folders = new Dictionary<string, (long Bytes, DateTimeOffset LastWrite)>(StringComparer.Ordinal);
        await foreach (var entry in store.ListAsync(cancellationToken))
        {
            if (IsPicture(entry.Name))
                yield return new FoundFile(place, entry.Name, entry.Bytes, entry.LastWrite);
            else if (FolderOfInstance(entry.Name) is { } folder)
                folders[folder] = Add(folders.GetValueOrDefault(folder), entry);
        }

        foreach (var (name, (bytes, lastWrite)) in folders)
            yield return new FoundFile(place, name, bytes, lastWrite);
    }

    /// <summary>What lies under a name now; null: nothing.</summary>
    /// <exception cref="IOException">The store does not tell.</exception>
    internal static async Task<FoundFile?> FindAsync(Place place, IImageStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            if (IsPicture(name))
            {
                using var file = await store.OpenAsync(name, cancellationToken);
                return new FoundFile(place, name, file.Length, file.LastWrite);
            }

            (long Bytes, DateTimeOffset LastWrite) all = default;
            await foreach (var entry in store.ListAsync(name, cancellationToken))
            {
                if (FolderOfInstance(entry.Name) == name)
                    all = Add(all, entry);
            }

            return all.Bytes == 0 ? null : new FoundFile(place, name, all.Bytes, all.LastWrite);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether it is a file for itself.</summary>
    internal static bool IsPicture(string name) => Pictures.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>The folder whose instances are a slide; null when it is no instance.</summary>
    internal static string? FolderOfInstance(string name) =>
        Path.GetExtension(name).Equals(InstanceExtension, StringComparison.OrdinalIgnoreCase) && name.LastIndexOf('/') is > 0 and var end ? name[..end] : null;

    private static (long Bytes, DateTimeOffset LastWrite) Add((long Bytes, DateTimeOffset LastWrite) all, StoredEntry entry) =>
        (all.Bytes + entry.Bytes, all.LastWrite > entry.LastWrite ? all.LastWrite : entry.LastWrite);
}
