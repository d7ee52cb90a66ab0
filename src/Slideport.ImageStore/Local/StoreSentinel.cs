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
        var path = Path.Join(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreSentinelJson.Default.StoreSentinel)
                ?? throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{path}' is empty: restore it from a backup.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new ImageStoreException(ImageStoreFailure.Foreign, $"'{path}' is not what Slideport wrote: restore it from a backup.", e);
        }
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, StoreSentinelJson.Default.StoreSentinel);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoreSentinel))]
internal sealed partial class StoreSentinelJson : JsonSerializerContext;
