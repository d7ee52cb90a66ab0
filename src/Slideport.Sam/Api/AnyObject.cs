using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Slideport.Sam.Api;

/// <summary>
/// Reads bodies that may have any fields: documents of configuration, what authenticators say. The serialiser's own reader (10.0) answers a
/// field that is there twice with an exception that says nothing of the body, and leaves what is no text to whoever looks at it.
/// </summary>
internal sealed class AnyObject : JsonConverter<JsonObject>
{
    public override JsonObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException($"The JSON value could not be converted to {nameof(JsonObject)}.");
        using var value = JsonDocument.ParseValue(ref reader);
        try
        {
            RequireText(value.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("A text in it is half a surrogate pair.", e);
        }

        return (JsonObject)JsonNode.Parse(value.RootElement.GetRawText(), null, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = options.MaxDepth })!;
    }

    // What cannot be a text shows only when it is asked for; better here than wherever that may be.
    private static void RequireText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    RequireText(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    RequireText(item);
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            default:
                break;
        }
    }

    public override void Write(Utf8JsonWriter writer, JsonObject value, JsonSerializerOptions options) => value.WriteTo(writer, options);
}
