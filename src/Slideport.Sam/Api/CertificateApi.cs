using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Slideport.Http;
using Slideport.Protocol.Enrolment;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Api;

/// <summary>The life of certificates: which there are, the next one for a machine, exceptions for single scanners, and their end.</summary>
internal static class CertificateApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/certificates", ListAsync).RequireAuthorization(Policies.View).WithName("ListCertificates").Produces<IReadOnlyList<CertificateView>>().WithSummary("All certificates that were issued or registered, with how each ended.");
        api.MapPost("/certificates/{thumbprint}/revoke", RevokeAsync).WithName("RevokeCertificate").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Makes a certificate worthless, and those that were issued for it in renewals.");
        api.MapPost("/scanners/{serialNumber}/certificates", RegisterAsync).WithName("RegisterCertificate").Produces<RegisteredCertificate>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Lets a scanner in by a certificate of another authority, one that Certificates:ClientAuthorities names.");
    }

    /// <summary>The next certificate for the machine that shows the one before.</summary>
    internal static void MapRenewal(IEndpointRouteBuilder machine, string name) =>
        machine.MapPost("/certificate", RenewAsync).WithName(name).Produces<EnrolmentAnswer>().ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("The certificate after the one shown, for a new key, from 90 days before its end on. The one shown stays good until the next one has been used here for a minute: use that when nothing is under way with this one.");

    private static async Task<IResult> RenewAsync(RenewalRequest request, Renewals renewals, HttpContext context, CancellationToken cancellationToken) =>
        await renewals.RenewAsync(context.Connection.ClientCertificate!, request, context.Actor(), cancellationToken) switch
        {
            { Next: { } next } => Results.Ok(next),
            { Outcome: RenewalOutcome.Malformed } => Problems.Invalid([new("certificateSigningRequest", "Send a PKCS #10 request (PEM) for an ECDSA P-256 key, signed with it.")]),
            { Outcome: RenewalOutcome.TooEarly, From: var from } => Problems.Conflict($"The certificate is good for long; it can be renewed from {from:u} on."),
            { Outcome: RenewalOutcome.OtherKey } => Problems.Conflict("Another key was given the next certificate before. If that was not this machine, somebody has a copy of its certificate and key: tell the Lab Admin, and enrol with a new code."),
            _ => Problems.Conflict("This certificate is not renewed here: it lies on SAM's own machine and is renewed there, or another authority has issued it."),
        };

    private static async Task<IResult> ListAsync(SamDatabases databases, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var rows = await database.Certificates.AsNoTracking().OrderBy(c => c.Holder).ThenBy(c => c.IssuedAt).ToListAsync(cancellationToken);
        return Results.Ok(rows.Select(c => new CertificateView(
            c.Thumbprint, Holders.Plain(c.Holder), Holders.IsForeign(c.Holder), c.IssuedAt, c.NotAfter, c.RevokedAt, c.RevocationReason)));
    }

    private static async Task<IResult> RevokeAsync(string thumbprint, ReasonGiven given, Enrolments enrolments, HttpContext context, CancellationToken cancellationToken) =>
        given.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors)
        : await enrolments.RevokeAsync(thumbprint.ToLowerInvariant(), given.Reason, context.Actor(), cancellationToken) ? Results.NoContent()
        : Problems.NotFound("There is no certificate of that thumbprint that is still good.");

    private static async Task<IResult> RegisterAsync(
        string serialNumber, CertificateGiven given, ForeignCertificates certificates, HttpContext context, CancellationToken cancellationToken) =>
        await certificates.RegisterAsync(serialNumber, given.Certificate, context.Actor(), cancellationToken) switch
        {
            { Thumbprint: { } thumbprint } => Results.Created((string?)null, new RegisteredCertificate(thumbprint)),
            { IsUnknownScanner: true } => Problems.NotFound($"There is no scanner {serialNumber} in service."),
            var refused => Problems.Invalid(refused.Errors),
        };
}

/// <summary>A certificate to be registered.</summary>
/// <param name="Certificate">PEM; certificates between it and its authority may follow.</param>
internal sealed record CertificateGiven(string Certificate);

/// <summary>A certificate that was registered.</summary>
/// <param name="Thumbprint">SHA-256, hexadecimal: by it, it can be revoked.</param>
internal sealed record RegisteredCertificate(string Thumbprint);

/// <summary>A certificate as the list shows it.</summary>
/// <param name="Thumbprint">SHA-256, hexadecimal.</param>
/// <param name="Holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>.</param>
/// <param name="IsForeign">Another authority has issued it; a Lab Admin registered it for this scanner.</param>
/// <param name="IssuedAt">When it was issued or registered.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="RevokedAt">When it was revoked or retired; null: it is good.</param>
/// <param name="RevocationReason">Why.</param>
internal sealed record CertificateView(
    string Thumbprint, string Holder, bool IsForeign, DateTimeOffset IssuedAt, DateTimeOffset NotAfter, DateTimeOffset? RevokedAt, string? RevocationReason);
