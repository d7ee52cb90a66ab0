using System.Net;
using System.Text.Json.Serialization;
using Slideport.Protocol.Configuration;

namespace Slideport.Protocol;

/// <summary>SAM refused.</summary>
public sealed class SamException : Exception
{
    /// <summary>A refusal with its reason.</summary>
    public SamException(HttpStatusCode status, string message, IReadOnlyList<FieldError> errors)
        : base(errors.Count == 0 ? message : $"{message} {string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}"))}")
    {
        Status = status;
        Errors = errors;
    }

    /// <summary>HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>Whether SAM failed and not who asked (RFC 9110 15.6): the same may be taken another time.</summary>
    public bool MayPass => Status >= HttpStatusCode.InternalServerError;

    /// <summary>Fields that are wrong.</summary>
    public IReadOnlyList<FieldError> Errors { get; }

    /// <summary>What programs go by where the status does not say enough: <c>totp</c>; null otherwise.</summary>
    public string? Code { get; init; }
}

/// <summary>Problem details (RFC 9457) with what SAM adds.</summary>
internal sealed record Problem(string? Title, string? Detail, IReadOnlyList<FieldError>? Errors, string? Code);

// Others may add members to a problem (RFC 9457 3.2): what is unknown is passed over.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;
