using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Scanners;

namespace Slideport.Sam.Api;

/// <summary>What administrators do, from the pages, the command line or a script.</summary>
internal static class AdminApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        ((IEndpointConventionBuilder)api).Finally(ForLabAdminsUnlessItSaysOtherwise);
        api.MapGet("/scanners", ScannersAsync).RequireAuthorization(Policies.View).WithName("ListScanners").WithSummary("All scanners with state, versions and clock offset.");
        api.MapPost("/scanners", AddScannerAsync).RequireAuthorization(Policies.Service).WithName("AddScanner").WithSummary("Adds a scanner and issues its one-time enrolment code.");
        api.MapPatch("/scanners/{serialNumber}", ChangeScannerAsync).RequireAuthorization(Policies.Service).WithName("ChangeScanner").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Changes a scanner's model, friendly name or location.");
        api.MapPost("/scanners/{serialNumber}/enrolment", InviteScannerAsync).RequireAuthorization(Policies.Service).WithName("InviteScanner").WithSummary("A new one-time enrolment code for a scanner.");
        api.MapPost("/scanners/{serialNumber}/retire", RetireAsync).RequireAuthorization(Policies.Service).WithName("RetireScanner").WithSummary("Takes a scanner out of service and revokes its certificates.");
        api.MapPost("/roles/{name}/enrolment", InviteRoleAsync).WithName("InviteRole").WithSummary("A one-time enrolment code for a role on another machine.");
        CertificateApi.Map(api);
        SupportApi.Map(api);
        AuditApi.Map(api);
        ConfigurationApi.Map(api);
        StatisticsApi.Map(api);
        SlideApi.Map(api);
        AlertApi.Map(api);
        EventApi.Map(api);
        UserApi.Map(api);
        PinApi.Map(api);
    }

    private static void ForLabAdminsUnlessItSaysOtherwise(EndpointBuilder endpoint)
    {
        if (!endpoint.Metadata.OfType<IAuthorizeData>().Any(a => a.Policy is not null))
            endpoint.Metadata.Add(new AuthorizeAttribute(Policies.Admin));
    }

    private static async Task<IResult> ScannersAsync(ScannerDirectory directory, ConfigurationStore store, CancellationToken cancellationToken)
    {
        var answer = new List<ScannerView>();
        foreach (var scanner in await directory.ListAsync(cancellationToken))
        {
            var (version, configuration) = store.Effective(scanner.SerialNumber);
            var heard = directory.LastHeard(scanner);
            answer.Add(new ScannerView(
                scanner.SerialNumber, scanner.Model, scanner.FriendlyName, scanner.Location, scanner.AddedAt, directory.Presence(scanner, configuration.Basic.HeartbeatSeconds).ToString(),
                heard?.At, heard?.Status, version, heard?.Status.ConfigurationVersion == version));
        }

        return Results.Ok(answer);
    }

    private static async Task<IResult> AddScannerAsync(
        NewScanner scanner, ScannerDirectory directory, Enrolments enrolments, HttpContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        if (scanner.Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        var row = new Scanner
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            SerialNumber = scanner.SerialNumber,
            Model = scanner.Model,
            FriendlyName = scanner.FriendlyName.Length > 0 ? scanner.FriendlyName : scanner.SerialNumber,
            Location = scanner.Location,
            AddedAt = time.GetUtcNow(),
        };
        if (!await directory.AddAsync(row, context.Actor(), cancellationToken))
            return Problems.Conflict($"There is a scanner {scanner.SerialNumber} already.");
        return await InviteAsync(Holders.Scanner(scanner.SerialNumber), enrolments, context, cancellationToken);
    }

    private static async Task<IResult> ChangeScannerAsync(
        string serialNumber, ScannerChange change, ScannerDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        change.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors)
        : await directory.ChangeAsync(serialNumber, change, context.Actor(), cancellationToken) ? Results.NoContent()
        : Problems.NotFound($"There is no scanner {serialNumber}.");

    private static async Task<IResult> InviteScannerAsync(
        string serialNumber, ScannerDirectory directory, Enrolments enrolments, HttpContext context, CancellationToken cancellationToken)
    {
        var scanners = await directory.ListAsync(cancellationToken);
        return scanners.Exists(s => s.SerialNumber == serialNumber && s.RetiredAt is null)
            ? await InviteAsync(Holders.Scanner(serialNumber), enrolments, context, cancellationToken)
            : Problems.NotFound($"There is no scanner {serialNumber} in service.");
    }

    private static Task<IResult> InviteRoleAsync(string name, Enrolments enrolments, HttpContext context, CancellationToken cancellationToken) =>
        name is "converter" or "events" or "dsr" or "monitor"
            ? InviteAsync(Holders.Role(name), enrolments, context, cancellationToken)
            : Task.FromResult(Problems.NotFound($"There is no role {name} that can enrol; there are converter, events, dsr and monitor."));

    private static async Task<IResult> InviteAsync(string holder, Enrolments enrolments, HttpContext context, CancellationToken cancellationToken)
    {
        var (code, expires) = await enrolments.InviteAsync(holder, context.Actor(), cancellationToken);
        return Results.Ok(new Invitation(holder, code.ToString(), expires));
    }

    private static async Task<IResult> RetireAsync(
        string serialNumber, ReasonGiven given, ScannerDirectory directory, HttpContext context, CancellationToken cancellationToken) =>
        given.Validate() is { Count: > 0 } errors ? Problems.Invalid(errors)
        : await directory.RetireAsync(serialNumber, given.Reason, context.Actor(), cancellationToken) ? Results.NoContent()
        : Problems.NotFound($"There is no scanner {serialNumber} in service.");
}
