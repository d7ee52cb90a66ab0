using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Slideport.Sam.Api;

/// <summary>
/// Reads bodies that may have any fields: documents of configuration, what authenticators say. The serialiser's own reader (10.0) answers a
/// field that is there twice with an exception that says nothing of the body.
/// </summary>
internal sealed class AnyObject : JsonConverter<JsonObject>
{
    public override JsonObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException($"The JSON value could not be converted to {nameof(JsonObject)}.");
        using var value = JsonDocument.ParseValue(ref reader);
        return (JsonObject)JsonNode.Parse(value.RootElement.GetRawText(), null, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = options.MaxDepth })!;
    }

    public override void Write(Utf8JsonWriter writer, JsonObject value, JsonSerializerOptions options) => value.WriteTo(writer, options);
}
