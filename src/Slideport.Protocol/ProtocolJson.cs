using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Slideport.Protocol;

/// <summary>
/// How the messages of F3, F7–F10 look as JSON: camel case, enumerations by name, nothing unknown and nothing twice, nesting bounded. No type
/// is ever chosen by the input.
/// </summary>
public static class ProtocolJson
{
    /// <summary>The options for every message.</summary>
    /// <remarks>By reflection: the generated serialiser (10.0) gives fields that are missing their type's default, not the record's.</remarks>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Applies the rules to options made elsewhere.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = 16;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        Apply(options);
        options.MakeReadOnly();
        return options;
    }
}
