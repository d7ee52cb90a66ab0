using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dicom.Services;
using Slideport.Dsr.Api;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>STOW-RS (PS3.18 10.5): instances come in over the web, one after the other through one buffer, to the image file system that <c>Dsr:Stow</c> names.</summary>
internal static class StoreApi
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/studies", (HttpContext http, InstanceStorage storage) => StoreAsync(http, storage, null)).RequireAuthorization(Policies.Admin);
        routes.MapPost("/studies/{study}", (HttpContext http, string study, InstanceStorage storage) => StoreAsync(http, storage, study)).RequireAuthorization(Policies.Admin);
    }

    private static async Task StoreAsync(HttpContext http, InstanceStorage storage, string? study)
    {
        if (!storage.IsOpen)
            throw new DicomWebException(StatusCodes.Status405MethodNotAllowed, "No instances are stored over the web here: Dsr:Stow names no image file system.");
        var type = JsonAnswer.TypeFor(http);
        if (study is not null && !ReceivedInstance.IsUid(study))
            throw DicomWebException.BadRequest("The address names no Study Instance UID.");
        var body = StoreBody.Of(http, storage.MaxBytes);
        using var turn = storage.TryEnter();
        if (turn is null)
        {
            http.Response.Headers.RetryAfter = Pause.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw new DicomWebException(StatusCodes.Status503ServiceUnavailable, "Too many are storing just now; try again in a moment.");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Longest);
        var answer = await TakeAsync(http, storage, (body, study), patience.Token);
        if (answer.IsEmpty)
            throw DicomWebException.BadRequest("The body holds no instance.");
        await answer.SendAsync(http, type);
    }

    private static async Task<StoreAnswer> TakeAsync(HttpContext http, InstanceStorage storage, (StoreBody Body, string? Study) what, CancellationToken cancellationToken)
    {
        var (answer, folders) = (new StoreAnswer(), new HashSet<string>(StringComparer.Ordinal));
        var place = await storage.CheckAsync(cancellationToken);
        try
        {
            while (await what.Body.NextAsync(cancellationToken) is { } part)
            {
                var outcome = await storage.TakeAsync(place, what.Study, part, cancellationToken);
                answer.Add(outcome.Instance);
                if (outcome.Folder is { } folder)
                    folders.Add(folder);
            }
        }
        catch (DicomWebException e) when (answer.HasStored)
        {
            // What came before it broke off is stored, and whoever sent it is to know.
            answer.Add(ReceivedInstance.Unknown(new StoreRefusal(e.Status == StatusCodes.Status413PayloadTooLarge ? DimseStatus.OutOfResources : DimseStatus.CannotUnderstand, e.Message)));
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw new DicomWebException(StatusCodes.Status408RequestTimeout, FormattableString.Invariant($"The request took longer than {Longest.TotalHours:0} hours; what was stored of it is found by storing it again."));
        }
        finally
        {
            // Whether anybody still waits for the answer or not.
            await storage.CatalogueAsync(place, folders, (Policies.NameOf(http.User), http.Source()), CancellationToken.None);
        }

        return answer;
    }
}
