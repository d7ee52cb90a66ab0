using System.Text.Json.Serialization;

namespace Slideport.Converter.Spool;

/// <summary>How the spool's own files are written: readable by a person, read back without reflection or type names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(SlideRecord))]
[JsonSerializable(typeof(KnownStores))]
[JsonSerializable(typeof(Completion.PendingReport))]
internal sealed partial class SpoolJson : JsonSerializerContext;

/// <summary>The image stores this spool has delivered to: <c>store.json</c>.</summary>
internal sealed record KnownStores
{
    /// <summary>The id of the converter's own at first use; null before.</summary>
    public Guid? Id { get; init; }

    /// <summary>The ids of others at first use, by the file location that SAM named.</summary>
    public IReadOnlyDictionary<string, Guid> Named { get; init; } = new Dictionary<string, Guid>();
}
