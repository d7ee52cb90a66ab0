using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slideport.ImageStore.Local;

/// <summary>The file that tells a store from an empty mount point: <c>.slideport-store.json</c> with the store's id.</summary>
internal sealed record StoreSentinel(Guid Id)
{
    internal const string FileName = ".slideport-store.json";

    /// <summary>Reads the sentinel of a folder; null when there is none.</summary>
    internal static StoreSentinel? Read(string folder)
    {
        try
        {
            return Parse(folder, File.ReadAllBytes(Path.Join(folder, FileName)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What a sentinel says; null when there is none.</summary>
    /// <param name="location">Where it lies.</param>
    /// <param name="contents">Its bytes; null: there is none.</param>
    internal static StoreSentinel? Parse(string location, byte[]? contents)
    {
        if (contents is null)
            return null;
        try
        {
            return JsonSerializer.Deserialize(contents, StoreSentinelJson.Default.StoreSentinel)
                ?? throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{location}/{FileName}' is empty: restore it from a backup.");
        }
        catch (JsonException e)
        {
            throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{location}/{FileName}' is not what Slideport wrote: restore it from a backup.", e);
        }
    }

    /// <summary>The id of the store that was found, made sure that it is the one that was used before.</summary>
    /// <param name="location">Where it lies.</param>
    /// <param name="found">What was found there.</param>
    /// <param name="knownId">The id it had; null: it was never used.</param>
    internal static Guid Require(string location, StoreSentinel? found, Guid? knownId)
    {
        if (found is null)
            throw new ImageStoreException(ImageStoreFailure.Offline, $"The image store '{location}' is not there (no {FileName}): mount it; deliveries wait.");
        if (knownId is { } id && found.Id != id)
        {
            throw new ImageStoreException(
                ImageStoreFailure.Foreign,
                $"'{location}' is another image store than before (id {found.Id}, not {id}): mount the right one, or accept this one by removing the spool's store.json.");
        }

        return found.Id;
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, StoreSentinelJson.Default.StoreSentinel);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoreSentinel))]
internal sealed partial class StoreSentinelJson : JsonSerializerContext;
