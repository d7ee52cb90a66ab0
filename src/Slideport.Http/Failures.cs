using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Protocol.Configuration;

namespace Slideport.Http;

/// <summary>
/// Answers requests that could not be read: problem details that name the field and how to mend it, and no word about how the server is made.
/// </summary>
public sealed partial class Failures : IExceptionHandler
{
    // Sentences of the serialiser that name a field: the place it tells is that of the object around it.
    private static readonly (string Sentence, string Mend)[] Named =
    [
        ("could not be mapped", "There is no such field; leave it out."),
        ("missing required properties", "It is missing; give it."),
        ("Duplicate property", "It is there twice; give it once."),
        ("null values", "It cannot be null; give a value, or leave it out where it may be."),
    ];

    private static readonly (string Sentence, string Mend)[] Unnamed =
    [
        ("maximum configured depth", "It is nested too deep; no message has more than 16 levels."),
        ("could not be converted", "Its value is of the wrong kind, or out of its range; docs/openapi.json says what it may be."),
    ];

    // What routing puts in the place of an endpoint that takes no such body. It has no policy, and would be refused as if the caller were the wrong one.
    private const string NoSuchMediaType = "415 HTTP Unsupported Media Type";

    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["int"] = "Write a whole number.",
        ["long"] = "Write a whole number.",
        ["bool"] = "Write true or false.",
        ["Guid"] = "Write a UUID.",
        ["DateTimeOffset"] = "Write a time as 2026-03-01T12:00:00Z.",
    };

    /// <summary>Makes a server answer in this way.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.AddExceptionHandler<Failures>();
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException unreadable)
            return false;
        await Problems.Unreadable(unreadable.StatusCode, Explain(unreadable)).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>Answers methods that are not written as they are called (RFC 9110 9.1); routing would take them for those that are.</summary>
    public static Task RefuseMethodsAsync(HttpContext context, RequestDelegate next) => !context.Request.Method.AsSpan().ContainsAnyExceptInRange('A', 'Z')
        ? next(context)
        : Problems.Unreadable(StatusCodes.Status400BadRequest, new FieldError("", "Write the method in capital letters (RFC 9110).")).ExecuteAsync(context);

    /// <summary>Answers bodies that are no JSON where there is an endpoint for it.</summary>
    public static Task RefuseMediaTypesAsync(HttpContext context, RequestDelegate next) => context.GetEndpoint()?.DisplayName == NoSuchMediaType
        ? Problems.Unreadable(StatusCodes.Status415UnsupportedMediaType, OfStatus(StatusCodes.Status415UnsupportedMediaType)).ExecuteAsync(context)
        : next(context);

    /// <summary>Answers parameters with U+0000 in them: not every database can be asked for it, and nothing is called so.</summary>
    public static Task RefuseNullCharactersAsync(HttpContext context, RequestDelegate next)
    {
        // Nothing else comes to it; a query is not taken apart for it a thousand times a second.
        if (context.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) is not true)
            return next(context);
        foreach (var (name, values) in context.Request.Query)
        {
            if (values.ToString().Contains('\0', StringComparison.Ordinal))
                return Problems.Invalid([new FieldError(name, "The character U+0000 is in it; write it without.")]).ExecuteAsync(context);
        }

        return next(context);
    }

    /// <summary>What is wrong with a request that was refused before anybody had looked at its fields.</summary>
    public static FieldError OfStatus(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => new FieldError("", $"The body is too long; send at most {HttpsServer.MaxBodyBytes} bytes at once."),
        StatusCodes.Status415UnsupportedMediaType => new FieldError("Content-Type", "Send application/json."),
        _ => new FieldError("", "This is no request that can be read; send JSON (RFC 8259) in UTF-8."),
    };

    private static FieldError Explain(BadHttpRequestException unreadable)
    {
        if (unreadable.InnerException is JsonException json)
            return Explain(json);
        if (unreadable.StatusCode != StatusCodes.Status400BadRequest)
            return OfStatus(unreadable.StatusCode);
        if (Unbound().Match(unreadable.Message) is { Success: true } unbound)
        {
            var kind = unbound.Groups["type"].Value.Split('.', '<')[^1].TrimEnd('?', '>');
            return new FieldError(Camel(unbound.Groups["name"].Value), Kinds.GetValueOrDefault(kind, "It cannot be used; docs/openapi.json says what it may be."));
        }

        if (unreadable.Message.Contains("no body was provided", StringComparison.Ordinal))
            return new FieldError("", "The body is missing; send JSON.");
        if (Missing().Match(unreadable.Message) is { Success: true } missing)
            return new FieldError(missing.Groups["from"].Value is "body" ? "" : Camel(missing.Groups["name"].Value), "It is missing; give it.");
        return OfStatus(unreadable.StatusCode);
    }

    private static FieldError Explain(JsonException json)
    {
        var field = (json.Path ?? "").TrimStart('$').TrimStart('.');
        var place = json.LineNumber is { } line ? FormattableString.Invariant($" (line {line + 1}, byte {(json.BytePositionInLine ?? 0) + 1})") : "";
        foreach (var (sentence, mend) in Named)
        {
            if (json.Message.Contains(sentence, StringComparison.Ordinal))
                return new FieldError(Within(field, Quoted().Match(json.Message).Groups["name"].Value), mend + place);
        }

        foreach (var (sentence, mend) in Unnamed)
        {
            if (json.Message.Contains(sentence, StringComparison.Ordinal))
                return new FieldError(field, mend + place);
        }

        return new FieldError(field, $"This is no JSON (RFC 8259) in UTF-8{place}.");
    }

    private static string Within(string field, string name)
    {
        if (name.Length == 0 || field == name || field.EndsWith($".{name}", StringComparison.Ordinal))
            return field;
        return field.Length == 0 ? name : $"{field}.{name}";
    }

    private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    [GeneratedRegex("^Failed to bind parameter \"(?<type>[^ \"]+) (?<name>[A-Za-z]+)\" from ", RegexOptions.NonBacktracking)]
    private static partial Regex Unbound();

    [GeneratedRegex("^Required parameter \"[^\"]* (?<name>[A-Za-z]+)\" was not provided from (?<from>[a-z ]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Missing();

    // The first name in quotes, or the first after the type whose fields are missing.
    [GeneratedRegex("^(?:.*including: |[^']*)'(?<name>[^']{1,64})'", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
