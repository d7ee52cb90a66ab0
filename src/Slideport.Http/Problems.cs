using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Slideport.Protocol.Configuration;

namespace Slideport.Http;

/// <summary>Refusals as problem details (RFC 9457): what is wrong, in which field, and how to mend it.</summary>
public static class Problems
{
    public static IResult Invalid(IEnumerable<FieldError> errors) => Results.Problem(
        "Some fields cannot be used.", statusCode: StatusCodes.Status422UnprocessableEntity, title: "Unprocessable",
        extensions: [Errors(errors)]);

    /// <summary>What could not even be read: nothing of it was looked at.</summary>
    public static IResult Unreadable(int status, FieldError error) => Results.Problem(
        "The request cannot be read.", statusCode: status, title: ReasonPhrases.GetReasonPhrase(status), extensions: [Errors([error])]);

    /// <summary>Says how to mend it where the server refused a request by its status alone.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        if (context.ProblemDetails.Status is { } status and (StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType))
            context.ProblemDetails.Extensions.TryAdd("errors", Errors([Failures.OfStatus(status)]).Value);
    }

    public static IResult Conflict(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status409Conflict, title: "Conflict");

    public static IResult NotFound(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status404NotFound, title: "Not found");

    public static IResult Forbidden(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status403Forbidden, title: "Forbidden");

    public static IResult Misdirected(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status421MisdirectedRequest, title: "Misdirected");

    /// <summary>Too often (RFC 6585 4), with when to try again.</summary>
    public static IResult TooMany(HttpContext context, string detail, TimeSpan retryAfter) =>
        Later(context, retryAfter, Results.Problem(detail, statusCode: StatusCodes.Status429TooManyRequests, title: "Too many requests"));

    /// <summary>Not now (RFC 9110 15.6.4), with when to try again.</summary>
    public static IResult Unavailable(HttpContext context, string detail, TimeSpan retryAfter) =>
        Later(context, retryAfter, Results.Problem(detail, statusCode: StatusCodes.Status503ServiceUnavailable, title: "Unavailable"));

    private static IResult Later(HttpContext context, TimeSpan retryAfter, IResult refusal)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return refusal;
    }

    private static KeyValuePair<string, object?> Errors(IEnumerable<FieldError> errors) =>
        new("errors", new JsonArray([.. errors.Select(e => new JsonObject { ["field"] = e.Field, ["message"] = e.Message })]));
}
