using System.Globalization;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests;

/// <summary>An operation of the API as the served document tells of it, with what a request for it looks like.</summary>
internal sealed class ApiOperation
{
    // What a field of this name means everywhere; the rest follows from its type.
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["seriesInstanceUid"] = "1.2.3",
        ["seriesInstanceUids"] = "1.2.3",
        ["studyInstanceUid"] = "1.2",
        ["sopInstanceUid"] = "1.2.3.1",
        ["sha256"] = new string('a', 64),
        ["macAddress"] = "00-1B-44-11-3A-B7",
        ["pin"] = "483920",
        ["password"] = "tall giraffes dislike rain",
        ["currentPassword"] = "tall giraffes dislike rain",
        ["by"] = "day",
        ["severity"] = "error",
        ["format"] = "json",
        ["barcodePattern"] = ".*",
        ["imageFilenameFormat"] = "{barcode}",
        ["scope"] = "defaults",
        ["before"] = "",
    };

    private readonly JsonNode _document;

    private ApiOperation(JsonNode document, string method, string path, JsonNode operation)
    {
        (_document, Method, Path) = (document, method, path);
        Parameters = [.. (operation["parameters"] as JsonArray ?? []).Select(p => new ApiParameter((string)p!["name"]!, (string)p["in"]! == "path", Resolve(p["schema"]!)))];
        Body = operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } body ? Resolve(body) : null;
    }

    public string Method { get; }

    public string Path { get; }

    public IReadOnlyList<ApiParameter> Parameters { get; }

    /// <summary>The schema of its body; null when it takes none.</summary>
    public JsonNode? Body { get; }

    /// <summary>Whether its body may have any fields.</summary>
    public bool TakesAnyFields => Body is not null && Kind(Body) == "object" && Body["properties"] is null;

    public override string ToString() => $"{Method} {Path}";

    /// <summary>All there are.</summary>
    internal static IReadOnlyList<ApiOperation> All(JsonNode document) =>
    [
        .. from path in (JsonObject)document["paths"]!
           from operation in (JsonObject)path.Value!
           select new ApiOperation(document, operation.Key.ToUpperInvariant(), path.Key, operation.Value!),
    ];

    /// <summary>A schema itself, wherever it stands in the document, and not that it may be null.</summary>
    internal JsonNode Resolve(JsonNode schema)
    {
        if (schema["oneOf"] is JsonArray either)
            return Resolve(either.First(one => (string?)one!["type"] != "null")!);
        return (string?)schema["$ref"] is { } reference ? Resolve(_document["components"]!["schemas"]![reference.Split('/')[^1]]!) : schema;
    }

    /// <summary>The schema of that name.</summary>
    internal JsonNode Schema(string name) => _document["components"]!["schemas"]![name]!;

    /// <summary>The JSON type a schema names first, passing over null.</summary>
    internal static string Kind(JsonNode schema) => schema["type"] switch
    {
        JsonArray kinds => kinds.Select(kind => (string)kind!).First(kind => kind != "null"),
        JsonValue kind => (string)kind!,
        _ => schema["enum"] is null ? "object" : "string",
    };

    /// <summary>A body that could be meant; null when it takes none.</summary>
    internal JsonNode? PlausibleBody() => Body is null ? null : Plausible(Body, "");

    /// <summary>A value that could be meant.</summary>
    internal JsonNode? Plausible(JsonNode schema, string name)
    {
        schema = Resolve(schema);
        if (schema["enum"] is JsonArray words)
            return words[0]!.DeepClone();
        switch (Kind(schema))
        {
            case "integer":
            case "number":
                return JsonValue.Create(1);
            case "boolean":
                return JsonValue.Create(false);
            case "array":
                return new JsonArray(Plausible(schema["items"]!, name));
            case "object":
                return new JsonObject((schema["properties"] as JsonObject ?? []).Select(p => KeyValuePair.Create(p.Key, Plausible(p.Value!, p.Key))));
            default:
                return JsonValue.Create(PlausibleText(schema, name));
        }
    }

    /// <summary>The address with plausible parameters, but for those given.</summary>
    internal string Address(Func<string, string?> given)
    {
        var address = Path;
        foreach (var parameter in Parameters.Where(p => p.IsInPath))
            address = address.Replace($"{{{parameter.Name}}}", given(parameter.Name) ?? Plausible(parameter.Schema, parameter.Name)!.ToString(), StringComparison.Ordinal);
        var query = Parameters.Where(p => !p.IsInPath).Select(p => (p.Name, Value: given(p.Name) ?? (p.Name == "reason" ? "test" : null))).Where(p => p.Value is not null);
        return address + string.Concat(query.Select((p, i) => $"{(i == 0 ? '?' : '&')}{p.Name}={p.Value}"));
    }

    private static string PlausibleText(JsonNode schema, string name) => (string?)schema["format"] switch
    {
        "uuid" => Guid.NewGuid().ToString(),
        "date-time" => TimeProvider.System.GetUtcNow().AddHours(1).ToString("O", CultureInfo.InvariantCulture),
        _ => Texts.GetValueOrDefault(name, name.Length == 0 ? "x" : name),
    };
}

/// <summary>A parameter in the path or the query.</summary>
internal sealed record ApiParameter(string Name, bool IsInPath, JsonNode Schema);
