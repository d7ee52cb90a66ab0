using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests;

/// <summary>A request as somebody who means harm, or a broken program, may send it.</summary>
/// <param name="What">In words, for a test that fails.</param>
/// <param name="Address">Path and query, as they are sent.</param>
/// <param name="Body">Null: none.</param>
/// <param name="MediaType">Of the body.</param>
/// <param name="MustBeRefused">Whether there is no way to take it; else it may be harmless.</param>
internal sealed record HostileRequest(string What, string Address, byte[]? Body, string MediaType, bool MustBeRefused)
{
    /// <summary>As it is sent: what is in the address is not made nicer.</summary>
    internal HttpRequestMessage ToMessage(string method, Uri at) => new(
        new HttpMethod(method), new Uri(at.GetLeftPart(UriPartial.Authority) + Address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
    {
        Content = Body is null ? null : new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue(MediaType) } },
        // Asks before it sends: whoever sends at once may find the line cut.
        Headers = { ExpectContinue = Body?.Length > 1 << 20 },
    };
}

/// <summary>Hostile requests for an operation, made from what the API's document says of it.</summary>
internal static class HostileRequests
{
    private const string Json = "application/json";
    private const int Deep = 100_000;

    private static readonly string[] Paths =
    [
        "%00", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%5c..%5c", "%ff%fe", "%0d%0aX-Injected:%201", "%e2%80%ae", "'%20OR%20'1'='1", "-1", "99999999999999999999999", new('a', 4000), "%f0%9f%94%ac%20%",
    ];

    private static readonly string[] Harmless = ["..", "%2e%2e", "-1", "99999999999999999999999"];

    private static readonly string[] Queries =
    [
        "%00", "a%00b", "%ff%fe", "NaN", "-1", "99999999999999999999999", "-99999999999999999999999", "true", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59.9999999-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "'%20OR%20'1'='1", "%25%5f%2a", "%ed%a0%80", new('a', 5000),
    ];

    private static readonly (string What, string Json)[] Texts =
    [
        ("U+0000", "\"a\\u0000b\""), ("a lone surrogate", "\"\\ud800\""), ("a very long text", $"\"{new string('a', 20_000)}\""), ("an empty text", "\"\""),
        ("line breaks", "\"a\\r\\nb\""), ("text that turns around", "\"\\u202egnp.exe\""), ("markup", "\"<script>alert(1)</script>\""), ("NaN", "\"NaN\""),
        ("the first instant", "\"0001-01-01T00:00:00Z\""), ("the last instant", "\"9999-12-31T23:59:59.9999999Z\""), ("an instant before the first", "\"0001-01-01T00:00:00+14:00\""),
    ];

    private static readonly (string What, string Json)[] Numbers = [("a negative number", "-1"), ("a huge number", "9223372036854775807"), ("a number beyond all", "1e400"), ("the least number", "-9223372036854775808"), ("a fraction", "0.5"), ("nothing", "0")];

    /// <summary>Bodies that are none, and bodies with one field each that is wrong.</summary>
    internal static IEnumerable<HostileRequest> Bodies(ApiOperation operation, Func<string, string?> given)
    {
        if (operation.Body is not { } schema)
            yield break;
        var address = operation.Address(given);
        var plausible = operation.PlausibleBody()!;
        HostileRequest Refused(string what, string body, string mediaType = Json) => new(what, address, Encoding.UTF8.GetBytes(body), mediaType, MustBeRefused: true);

        yield return Refused("an empty body", "");
        yield return Refused("null", "null");
        yield return Refused("no JSON", "\u0001\u0002 not JSON");
        yield return Refused("another kind of JSON", ApiOperation.Kind(schema) == "array" ? "{}" : "[]");
        yield return Refused("JSON that is cut", plausible.ToJsonString()[..^1]);
        yield return Refused("JSON and more", plausible.ToJsonString() + "{}");
        yield return Refused("a comment", $"/* */{plausible.ToJsonString()}");
        yield return Refused("lists in lists", new string('[', Deep));
        yield return Refused("objects in objects", string.Concat(Enumerable.Repeat("{\"a\":", Deep)));
        yield return Refused("more than a mebibyte", plausible.ToJsonString() + new string(' ', 1 << 20));
        yield return Refused("another media type", plausible.ToJsonString(), "text/plain");
        yield return Refused("a form", "a=b", "application/x-www-form-urlencoded");
        yield return Refused("an encoding that is not UTF-8", plausible.ToJsonString(), Json) with { Body = Encoding.Unicode.GetBytes(plausible.ToJsonString()) };
        yield return Refused("bytes that are no UTF-8", "") with { Body = [.. "{\"a"u8, 0xC3, 0x28, .. "\":1}"u8] };
        if (ApiOperation.Kind(schema) == "array")
            yield return Refused("a list of null", "[null]");
        foreach (var (what, json, mustBeRefused) in Changed(operation, schema, plausible))
            yield return Refused(what, json) with { MustBeRefused = mustBeRefused };
        if (operation.TakesAnyFields)
        {
            foreach (var (what, json) in Anything(operation))
                yield return Refused(what, json) with { MustBeRefused = false };
        }
    }

    /// <summary>Parameters that are wrong, one at a time.</summary>
    internal static IEnumerable<HostileRequest> Parameters(ApiOperation operation, Func<string, string?> given)
    {
        var body = operation.PlausibleBody() is { } plausible ? Encoding.UTF8.GetBytes(plausible.ToJsonString()) : null;
        foreach (var parameter in operation.Parameters)
        {
            foreach (var value in parameter.IsInPath ? Paths : Queries)
            {
                // What is merely looked for may be called anything; and two points lead to the address above (RFC 3986 5.2.4), where he may go too.
                var mustBeRefused = (parameter.IsInPath && !Harmless.Contains(value)) || (value.Length > 10 && (string?)parameter.Schema["format"] is "int32" or "int64" && !value.Contains('Z', StringComparison.Ordinal));
                yield return new HostileRequest($"{parameter.Name}={value[..Math.Min(value.Length, 40)]}", operation.Address(name => name == parameter.Name ? value : given(name)), body, Json, mustBeRefused);
            }
        }
    }

    // For bodies that the document says nothing about; documents of configuration have the fields scanners are told.
    private static IEnumerable<(string What, string Json)> Anything(ApiOperation operation)
    {
        foreach (var (what, text) in Texts)
        {
            yield return ($"a field that is {what}", $"{{\"id\":{text}}}");
            yield return ($"a field called {what}", $"{{{text}:1}}");
            yield return ($"a field in a field called {what}", $"{{\"images\":{{{text}:1}}}}");
        }

        yield return ("the same field twice", "{\"images\":{},\"images\":{}}");
        yield return ("the same field twice, further in", "{\"images\":{\"port\":1,\"port\":2}}");
        if (operation.Method != "PATCH")
            yield break;
        foreach (var (path, field) in Fields(operation, operation.Schema("ScannerConfiguration"), "$"))
        {
            var kind = ApiOperation.Kind(field);
            foreach (var (what, json) in (IEnumerable<(string, string)>)[.. Texts, .. Numbers, ("null", "null"), ("a list of null", "[null]"), ("an object", "{\"\":{}}"), ("true", "true")])
                yield return ($"{path} ({kind}) is {what}", path.Split('/')[1..].Reverse().Aggregate(json, (inner, step) => step == "0" ? $"[{inner}]" : $"{{\"{step}\":{inner}}}"));
        }
    }

    // Every field of the body once, however deep it lies.
    private static IEnumerable<(string What, string Json, bool MustBeRefused)> Changed(ApiOperation operation, JsonNode schema, JsonNode body)
    {
        foreach (var (path, field) in Fields(operation, schema, "$"))
        {
            string With(string json)
            {
                var copy = body.DeepClone();
                var at = path.Split('/')[1..].Aggregate((JsonNode)copy, (node, step) => step == "0" ? node[0]! : node[step]!);
                // Through a text of its own: what no JSON reader takes has to stand in the body as it is.
                at.ReplaceWith("\u0001here\u0001");
                return copy.ToJsonString().Replace("\"\\u0001here\\u0001\"", json, StringComparison.Ordinal);
            }

            var kind = ApiOperation.Kind(field);
            yield return ($"{path} of another kind", With(kind is "object" or "array" ? "7" : "[[]]"), true);
            yield return ($"{path} is an object of nothing known", With("{\"\":0}"), kind != "object" || field["properties"] is not null);
            yield return ($"{path} is null", With("null"), false);
            yield return ($"{path} is NaN", With("NaN"), true);
            if (kind == "array")
                yield return ($"{path} holds null", With("[null]"), true);
            if (kind == "object" && field["properties"] is not null)
                yield return ($"{path} has a field nobody knows", With("{\"\\u0000\":1}"), true);
            foreach (var (what, json) in kind is "string" ? Texts : kind is "integer" or "number" ? Numbers : [])
                yield return ($"{path} is {what}", With(json), false);
        }
    }

    private static IEnumerable<(string Path, JsonNode Schema)> Fields(ApiOperation operation, JsonNode schema, string path)
    {
        schema = operation.Resolve(schema);
        var inside = ApiOperation.Kind(schema) == "array"
            ? [KeyValuePair.Create("0", schema["items"])]
            : schema["properties"] as IEnumerable<KeyValuePair<string, JsonNode?>> ?? [];
        foreach (var (name, field) in inside)
        {
            yield return ($"{path}/{name}", operation.Resolve(field!));
            foreach (var deeper in Fields(operation, field!, $"{path}/{name}"))
                yield return deeper;
        }
    }
}
