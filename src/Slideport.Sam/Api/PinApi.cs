using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Http;
using Slideport.Sam.Pins;

namespace Slideport.Sam.Api;

/// <summary>Page <i>PIN Management</i>: who has a PIN on which scanner.</summary>
internal static class PinApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        var here = api.MapGroup("/scanners/{serialNumber}/pins");
        here.MapGet("", ListAsync).WithName("ListScannerPins").Produces<IReadOnlyList<PinSummary>>().ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Who has a PIN on a scanner; never the PIN.");
        here.MapPut("/{userId:guid}", SetAsync).WithName("SetScannerPin").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Sets a user's PIN on a scanner, in place of the one he had; with expiresAt it ends by itself.");
        here.MapDelete("/{userId:guid}", RemoveAsync).WithName("RemoveScannerPin").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Takes away a user's PIN on a scanner.");
        var everywhere = api.MapGroup("/pins");
        everywhere.MapGet("", ListAllAsync).WithName("ListPins").Produces<IReadOnlyList<PinSummary>>().WithSummary("Who has a PIN on which scanner; never the PIN.");
        everywhere.MapPut("/{userId:guid}", SetEverywhereAsync).WithName("SetPin").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Sets a user's PIN on every scanner in service, or on none when somebody has it on one of them.");
        everywhere.MapDelete("/{userId:guid}", RemoveEverywhereAsync).WithName("RemovePin").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Takes away a user's PINs on all scanners.");
    }

    private static async Task<IResult> ListAsync(string serialNumber, PinDirectory pins, CancellationToken cancellationToken) =>
        await pins.ListAsync(serialNumber, cancellationToken) is { } list ? Results.Ok(list) : Answer(PinAnswer.Of(PinOutcome.UnknownScanner));

    private static async Task<IResult> SetAsync(string serialNumber, Guid userId, NewPin pin, PinDirectory pins, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await pins.SetAsync(serialNumber, userId, pin, context.Actor(), cancellationToken));

    private static async Task<IResult> RemoveAsync(string serialNumber, Guid userId, PinDirectory pins, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await pins.RemoveAsync(serialNumber, userId, context.Actor(), cancellationToken));

    private static async Task<IResult> ListAllAsync(PinDirectory pins, CancellationToken cancellationToken) => Results.Ok(await pins.ListAsync(null, cancellationToken));

    private static async Task<IResult> SetEverywhereAsync(Guid userId, NewPin pin, PinDirectory pins, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await pins.SetAsync(null, userId, pin, context.Actor(), cancellationToken));

    private static async Task<IResult> RemoveEverywhereAsync(Guid userId, PinDirectory pins, HttpContext context, CancellationToken cancellationToken) =>
        Answer(await pins.RemoveAsync(null, userId, context.Actor(), cancellationToken));

    private static IResult Answer(PinAnswer answer) => answer.Outcome switch
    {
        PinOutcome.Done => Results.NoContent(),
        PinOutcome.UnknownScanner => Problems.NotFound("There is no such scanner in service."),
        PinOutcome.UnknownUser => Problems.NotFound("There is no such user; somebody may have removed him."),
        PinOutcome.UnknownPin => Problems.NotFound("The user has no PIN there."),
        PinOutcome.Taken => Problems.Conflict($"This PIN is in use on {string.Join(", ", answer.TakenOn)}; nothing was changed. Take another."),
        _ => Problems.Invalid(answer.Errors),
    };
}
