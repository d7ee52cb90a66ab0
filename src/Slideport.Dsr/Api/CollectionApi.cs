using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dsr.Catalogue;
using Slideport.Http;

namespace Slideport.Dsr.Api;

/// <summary>Collections of slides.</summary>
internal static class CollectionApi
{
    private const int MaxName = 200;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/collections", (Collections collections, CancellationToken cancellationToken) => collections.ListAsync(cancellationToken)).WithName("ListCollections").Produces<IReadOnlyList<CollectionView>>().WithSummary("All collections; GET /api/slides?collection=ID has their slides.");
        api.MapPost("/collections", AddAsync).WithName("AddCollection").Produces<CollectionAdded>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Makes a collection of one's own.");
        var one = api.MapGroup("/collections/{id:guid}");
        one.MapPut("", RenameAsync).WithName("RenameCollection").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Gives it another name.");
        one.MapDelete("", RemoveAsync).WithName("RemoveCollection").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).WithSummary("Removes it; its slides stay in the catalogue.");
        one.MapPost("/slides", PutInAsync).WithName("PutIntoCollection").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Puts slides in.");
        one.MapPost("/slides/remove", TakeOutAsync).WithName("TakeOutOfCollection").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Takes slides out.");
    }

    private static async Task<IResult> AddAsync(CollectionName question, Collections collections, HttpContext context)
    {
        if (Check(question) is { } problem)
            return problem;
        return await collections.AddAsync(question.Name.Trim(), context.Changer().Name, context.RequestAborted) is { } id
            ? Results.Created($"/api/slides?collection={id}", new CollectionAdded(id))
            : NameTaken();
    }

    private static async Task<IResult> RenameAsync(Guid id, CollectionName question, Collections collections, HttpContext context) =>
        Check(question) ?? Answer(await collections.RenameAsync(id, question.Name.Trim(), context.Changer(), context.RequestAborted));

    private static async Task<IResult> RemoveAsync(Guid id, Collections collections, HttpContext context) => Answer(await collections.RemoveAsync(id, context.Changer(), context.RequestAborted));

    private static async Task<IResult> PutInAsync(Guid id, SomeSlides some, Collections collections, HttpContext context) =>
        Check(some) ?? Answer(await collections.PutInAsync(id, some.Slides, context.Changer(), context.RequestAborted));

    private static async Task<IResult> TakeOutAsync(Guid id, SomeSlides some, Collections collections, HttpContext context) =>
        Check(some) ?? Answer(await collections.TakeOutAsync(id, some.Slides, context.Changer(), context.RequestAborted));

    private static Changer Changer(this HttpContext context) => new(Policies.NameOf(context.User), Policies.IsAdmin(context.User));

    private static IResult? Check(CollectionName question) => question.Name.Trim() is { Length: > 0 and <= MaxName } name && !name.Contains('\0', StringComparison.Ordinal)
        ? null
        : Problems.Invalid([new("name", $"Write 1 to {MaxName} characters.")]);

    private static IResult? Check(SomeSlides some) => some.Slides.Count <= Collections.MaxAtOnce && some.Slides.All(id => id is not null && SlideId.IsMeant(id))
        ? null
        : Problems.Invalid([new("slides", $"Name at most {Collections.MaxAtOnce} slides by their ids.")]);

    private static IResult Answer(CollectionOutcome outcome) => outcome switch
    {
        CollectionOutcome.Done => Results.NoContent(),
        CollectionOutcome.NotOwner => Problems.Forbidden("It is somebody else's: he or a Lab Admin may change it."),
        CollectionOutcome.NameTaken => NameTaken(),
        _ => Problems.NotFound("There is no such collection."),
    };

    private static IResult NameTaken() => Problems.Conflict("Another collection has this name; choose another one.");
}

/// <summary>What a collection is to be called.</summary>
internal sealed record CollectionName(string Name);

/// <summary>Slides by their ids.</summary>
internal sealed record SomeSlides(IReadOnlyList<string> Slides);

/// <summary>A collection that was made.</summary>
internal sealed record CollectionAdded(Guid Id);
