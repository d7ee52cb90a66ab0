using System.Text.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;

namespace Slideport.Sam.Configuration;

/// <summary>What one scope sets: a JSON object with the fields of <see cref="ScannerConfiguration"/> that differ from what lies beneath.</summary>
internal static class ConfigurationDocument
{
    /// <summary>Lays one document over another, field by field (RFC 7396, JSON Merge Patch: null takes a field away).</summary>
    internal static JsonObject Merge(JsonObject beneath, JsonObject above)
    {
        var merged = (JsonObject)beneath.DeepClone();
        foreach (var (name, value) in above)
        {
            if (value is null)
                merged.Remove(name);
            else if (value is JsonObject page && merged[name] is JsonObject under)
                merged[name] = Merge(under, page);
            else
                merged[name] = value is JsonObject whole ? Merge([], whole) : value.DeepClone();
        }

        return merged;
    }

    /// <summary>Reads a document as people and scripts write it.</summary>
    /// <exception cref="ConfigurationException">It is no JSON object, or has a field nobody knows, or one twice.</exception>
    internal static JsonObject Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false }) as JsonObject
                ?? throw new ConfigurationException([new FieldError("", "Write a JSON object with the fields to set.")]);
        }
        catch (JsonException e)
        {
            throw new ConfigurationException([new FieldError(e.Path ?? "", $"This is no JSON: {e.Message}")]);
        }
    }

    /// <summary>The configuration that documents amount to. Whether it is a good one is asked when it is made (<see cref="Require"/>), not ever after:
    /// what was good under an earlier version's rules must not keep a fleet from its configuration.</summary>
    /// <param name="documents">From the lowest to the uppermost.</param>
    /// <exception cref="ConfigurationException">It has a field nobody knows, or a value of the wrong kind.</exception>
    internal static ScannerConfiguration Effective(params IEnumerable<JsonObject> documents)
    {
        var merged = documents.Aggregate(new JsonObject(), Merge);
        try
        {
            return merged.Deserialize<ScannerConfiguration>(ProtocolJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new ConfigurationException([new FieldError(e.Path?.TrimStart('$').TrimStart('.') ?? "", "There is no such field, or its value is of the wrong kind.")]);
        }
    }

    /// <summary>Refuses a configuration that is to be made and cannot be used.</summary>
    /// <exception cref="ConfigurationException">What is wrong with it.</exception>
    internal static void Require(ScannerConfiguration configuration)
    {
        if (configuration.Validate() is { Count: > 0 } errors)
            throw new ConfigurationException(errors);
    }

    /// <summary>Where two documents differ: a JSON pointer, the value before and after; null where there is none.</summary>
    internal static IEnumerable<FieldChange> Differences(JsonObject before, JsonObject after, string path = "")
    {
        foreach (var name in before.Select(p => p.Key).Union(after.Select(p => p.Key)).Order(StringComparer.Ordinal))
        {
            var (old, now) = (before[name], after[name]);
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (old is JsonObject || now is JsonObject)
            {
                foreach (var change in Differences(old as JsonObject ?? [], now as JsonObject ?? [], field))
                    yield return change;
            }
            else if (!JsonNode.DeepEquals(old, now))
            {
                yield return new FieldChange(field, old?.ToJsonString(), now?.ToJsonString());
            }
        }
    }
}

/// <summary>One field's change.</summary>
/// <param name="Field">As <c>images.port</c>.</param>
/// <param name="Before">JSON; null when it was not set.</param>
/// <param name="After">JSON; null when it is not set any more.</param>
internal sealed record FieldChange(string Field, string? Before, string? After);

/// <summary>A configuration that cannot be used.</summary>
internal sealed class ConfigurationException(IReadOnlyList<FieldError> errors)
    : Exception(string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}")))
{
    internal IReadOnlyList<FieldError> Errors { get; } = errors;
}
