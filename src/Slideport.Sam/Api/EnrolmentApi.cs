using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Api;

/// <summary>The one door without a certificate: a machine with a one-time code gets one.</summary>
internal static class EnrolmentApi
{
    internal const string RateLimit = "enrolment";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().RequireRateLimiting(RateLimit).WithMetadata(new OnlyAt(Entrance.Machines));
        open.MapGet("/authority", (CertificateAuthority authority) => Results.Text(authority.Certificate.ExportCertificatePem(), "application/x-pem-file"))
            .WithName("GetAuthority").Produces<string>(contentType: "application/x-pem-file").WithSummary("The authority's certificate, to be checked against an enrolment code.");
        open.MapPost("/enrol", EnrolAsync).WithName("Enrol").Produces<EnrolmentAnswer>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("A machine with a one-time code gets its certificate.");
    }

    // One answer for every kind of wrong code: whoever guesses learns nothing.
    private static async Task<IResult> EnrolAsync(EnrolmentRequest request, Enrolments enrolments, HttpContext context, CancellationToken cancellationToken) =>
        request.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors)
        : await enrolments.EnrolAsync(request, context.Actor().Source, cancellationToken) is { } answer
            ? Results.Ok(answer)
            : Problems.Forbidden("The code is not good, or was used by another machine; or the certificate signing request is not an ECDSA P-256 one. Ask the Lab Admin for a new code.");
}
