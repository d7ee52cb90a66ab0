using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Http;
using Slideport.Protocol;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Api;

/// <summary>The configuration pages as an API. A scope is <c>defaults</c> or <c>scanner:SERIAL</c>.</summary>
internal static class ConfigurationApi
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        var configuration = api.MapGroup("/configuration/{scope}").AddEndpointFilter(OfAScopeThereIsAsync);
        configuration.MapGet("", Get).RequireAuthorization(Policies.View).WithName("GetScope").WithSummary("What a scope sets, and what that amounts to.");
        configuration.MapPatch("", PatchAsync).RequireAuthorization(Policies.Service).WithName("ChangeScope")
            .WithSummary("Sets fields of a scope (JSON Merge Patch; null falls back). reason is required; dryRun tells what would change.");
        configuration.MapPut("", PutAsync).RequireAuthorization(Policies.Service).WithName("ImportScope").WithSummary("Makes a scope exactly the document given.");
        configuration.MapGet("/versions", VersionsAsync).RequireAuthorization(Policies.View).WithName("ListVersions").Produces<IReadOnlyList<VersionView>>().WithSummary("All versions of a scope, newest first.");
        configuration.MapGet("/versions/{version:long}/differences", DifferencesAsync).RequireAuthorization(Policies.View).WithName("CompareVersions").Produces<IReadOnlyList<FieldChange>>().ProducesProblem(StatusCodes.Status404NotFound).WithSummary("What differs in a version from another one, from; 0 is before anything was set.");
        configuration.MapPost("/test", TestAsync).RequireAuthorization(Policies.Service).WithName("TestScope").Produces<IReadOnlyList<LinkResult>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("Tries every host a scope names, from where SAM stands, and has the converters write at its file location; what does not work is told with the reason. Fields given (JSON Merge Patch) are tried before they are set.");
        configuration.MapPost("/preview", PreviewAsync).RequireAuthorization(Policies.View).WithName("PreviewNames").Produces<IReadOnlyList<PreviewedName>>().ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithSummary("What a file-name template makes of the last 20 slides.");
        configuration.MapPost("/versions/{version:long}/restore", RestoreAsync).RequireAuthorization(Policies.Service).WithName("RestoreVersion").WithSummary("Makes a scope what it was in a version.");
    }

    private static IResult Get(string scope, ConfigurationStore store, HttpContext context)
    {
        var (version, document) = store.Document(scope);
        var (effectiveVersion, effective) = EffectiveOf(scope, store);
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");
        return Results.Json(new JsonObject
        {
            ["scope"] = scope,
            ["version"] = version,
            ["document"] = document,
            ["effectiveVersion"] = effectiveVersion,
            ["effective"] = JsonSerializer.SerializeToNode(effective, ProtocolJson.Options),
        });
    }

    private static Task<IResult> PatchAsync(
        string scope, JsonObject patch, ConfigurationStore store, HttpContext context, [FromQuery] string reason = "", [FromQuery] bool dryRun = false)
    {
        // Whoever names no version means the one his fields are laid over: what somebody else changes meanwhile is not taken back.
        var (version, document) = store.Document(scope);
        return ApplyAsync(scope, ConfigurationDocument.Merge(document, patch), (reason, dryRun), store, context, version);
    }

    private static Task<IResult> PutAsync(
        string scope, JsonObject document, ConfigurationStore store, HttpContext context, [FromQuery] string reason = "", [FromQuery] bool dryRun = false) =>
        ApplyAsync(scope, ConfigurationDocument.Merge([], document), (reason, dryRun), store, context);

    private static async Task<IResult> RestoreAsync(
        string scope, long version, SamDatabases databases, ConfigurationStore store, HttpContext context, [FromQuery] string reason = "", [FromQuery] bool dryRun = false)
    {
        await using var database = databases.CreateDbContext();
        var change = await database.ConfigurationChanges.SingleOrDefaultAsync(c => c.Scope == scope && c.Version == version, context.RequestAborted);
        return change is null
            ? Problems.NotFound($"'{scope}' has no version {version}.")
            : await ApplyAsync(scope, ConfigurationDocument.Parse(change.Document), (reason, dryRun), store, context);
    }

    private static async Task<IResult> VersionsAsync(string scope, SamDatabases databases, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var rows = await database.ConfigurationChanges.AsNoTracking().Where(c => c.Scope == scope).OrderBy(c => c.Version).ToListAsync(cancellationToken);
        var views = new List<VersionView>();
        var before = new JsonObject();
        foreach (var row in rows)
        {
            var document = ConfigurationDocument.Parse(row.Document);
            views.Add(new VersionView(row.Version, row.ChangedBy, row.ChangedAt, row.Reason, [.. ConfigurationDocument.Differences(before, document)]));
            before = document;
        }

        views.Reverse();
        return Results.Ok(views);
    }

    private static async Task<IResult> DifferencesAsync(string scope, long version, SamDatabases databases, CancellationToken cancellationToken, [FromQuery] long from = 0)
    {
        await using var database = databases.CreateDbContext();
        var documents = await database.ConfigurationChanges.Where(c => c.Scope == scope && (c.Version == version || c.Version == from)).ToDictionaryAsync(c => c.Version, c => c.Document, cancellationToken);
        if (new[] { from, version }.FirstOrDefault(v => v != 0 && !documents.ContainsKey(v)) is var missing and not 0)
            return Problems.NotFound($"'{scope}' has no version {missing}.");
        JsonObject Document(long of) => of == 0 ? [] : ConfigurationDocument.Parse(documents[of]);
        return Results.Ok(ConfigurationDocument.Differences(Document(from), Document(version)));
    }

    private static Task<IResult> TestAsync(string scope, JsonObject fields, ConfigurationStore store, LinkTest test, CancellationToken cancellationToken) => OrInvalidAsync(async () =>
        Results.Ok(await test.RunAsync(store.EffectiveWith(scope, ConfigurationDocument.Merge(store.Document(scope).Document, fields)), cancellationToken)));

    // What is not named in the question is the scope's own.
    private static Task<IResult> PreviewAsync(string scope, PreviewQuestion question, ConfigurationStore store, SamDatabases databases, CancellationToken cancellationToken) => OrInvalidAsync(async () =>
    {
        var images = EffectiveOf(scope, store).Configuration.Images;
        return Results.Ok(await TemplatePreview.OfAsync(
            images with
            {
                ImageFilenameFormat = question.ImageFilenameFormat ?? images.ImageFilenameFormat,
                BarcodeDelimiter = question.BarcodeDelimiter ?? images.BarcodeDelimiter,
                BarcodePattern = question.BarcodePattern ?? images.BarcodePattern,
            },
            databases,
            cancellationToken));
    });

    private static (long Version, Slideport.Protocol.Configuration.ScannerConfiguration Configuration) EffectiveOf(string scope, ConfigurationStore store) =>
        store.Effective(scope == ConfigurationStore.Defaults ? null : Holders.SerialNumber(scope));

    private static Task<IResult> ApplyAsync(
        string scope, JsonObject document, (string Reason, bool IsDryRun) how, ConfigurationStore store, HttpContext context, long? from = null) => OrInvalidAsync(async () =>
    {
        if (how.IsDryRun)
            return Results.Ok(await store.TryAsync(scope, document, context.RequestAborted));
        if (new ReasonGiven(how.Reason).Validate() is { Count: > 0 } errors)
            return Problems.Invalid(errors);
        if (!TryExpected(context.Request.Headers.IfMatch.ToString(), out var expected))
            return Problems.Conflict("If-Match is no version of this scope; give back the ETag it was read with.");
        return await store.ChangeAsync(scope, document, expected ?? from, how.Reason, context.Actor(), context.RequestAborted) is { } version
            ? Results.Ok(new JsonObject { ["version"] = version })
            : Problems.Conflict("Somebody changed this scope since; look at it again.");
    });

    // A configuration that cannot be used is answered with its wrong fields.
    private static async Task<IResult> OrInvalidAsync(Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (ConfigurationException e)
        {
            return Problems.Invalid(e.Errors);
        }
    }

    // What cannot be a version is none, not no condition: whoever sets one wants nothing changed when it does not hold (RFC 9110 13.1.1).
    private static bool TryExpected(string tag, out long? version)
    {
        version = null;
        if (tag is "" or "*")
            return true;
        if (tag is not ['"', .. var number, '"'] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var known))
            return false;
        version = known;
        return true;
    }

    private static async ValueTask<object?> OfAScopeThereIsAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        var scope = (string)context.Request.RouteValues["scope"]!;
        if (scope == ConfigurationStore.Defaults)
            return await next(invocation);
        await using var database = context.RequestServices.GetRequiredService<SamDatabases>().CreateDbContext();
        return await database.Scanners.AnyAsync(s => "scanner:" + s.SerialNumber == scope, context.RequestAborted)
            ? await next(invocation)
            : Problems.NotFound($"There is no scope '{scope}': there are 'defaults', and 'scanner:SERIAL' for each scanner that was added.");
    }
}

/// <summary>What is to be previewed; null: as it is.</summary>
internal sealed record PreviewQuestion(string? ImageFilenameFormat = null, string? BarcodeDelimiter = null, string? BarcodePattern = null);

/// <summary>One version of a scope.</summary>
internal sealed record VersionView(long Version, string ChangedBy, DateTimeOffset ChangedAt, string Reason, IReadOnlyList<FieldChange> Changes);
