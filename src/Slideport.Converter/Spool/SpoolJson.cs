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
[JsonSerializable(typeof(KnownStore))]
[JsonSerializable(typeof(Completion.PendingReport))]
internal sealed partial class SpoolJson : JsonSerializerContext;

/// <summary>The image store this spool delivers to: <c>store.json</c>.</summary>
/// <param name="Id">The store's id at first use.</param>
internal sealed record KnownStore(Guid Id);
