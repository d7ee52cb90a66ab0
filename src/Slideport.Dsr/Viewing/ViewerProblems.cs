using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slideport.Dicom;
using Slideport.Slides;

namespace Slideport.Dsr.Viewing;

/// <summary>What goes wrong with looking at slides, as answers that people understand (RFC 9457). A damaged file is never this server's failure.</summary>
internal static class ViewerProblems
{
    private const string Away = "The slide's place of storage does not answer just now. Try again in a moment; if that goes on, tell whoever looks after the server.";

    /// <summary>Runs an endpoint and answers in its place where it cannot.</summary>
    internal static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (!http.Response.HasStarted && Answer(http, e) is { } answer)
        {
            return answer;
        }
    }

    /// <summary>An answer in a sentence.</summary>
    internal static IResult Of(int status, string sentence) => TypedResults.Problem(detail: sentence, statusCode: status);

    private static IResult? Answer(HttpContext http, Exception problem)
    {
        var logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Slideport.Dsr.Viewing");
        switch (problem)
        {
            case SlideNotFoundException:
                return Of(StatusCodes.Status404NotFound, problem.Message);
            case FileNotFoundException or DirectoryNotFoundException:
                ViewerLog.SlideAway(logger, problem.Message);
                return Of(StatusCodes.Status404NotFound, "The slide's file is no longer where it was stored.");
            case ViewerBusyException:
                http.Response.Headers.RetryAfter = "2";
                return Of(StatusCodes.Status503ServiceUnavailable, problem.Message);
            case IOException or UnauthorizedAccessException:
                ViewerLog.SlideAway(logger, problem.Message);
                http.Response.Headers.RetryAfter = "30";
                return Of(StatusCodes.Status503ServiceUnavailable, Away);
            case SlideException or DicomException:
                ViewerLog.SlideDamaged(logger, http.Request.RouteValues["id"] as string, problem.Message);
                return Of(StatusCodes.Status422UnprocessableEntity, $"The slide cannot be shown. {problem.Message.TrimEnd('.')}.");
            default:
                return null;
        }
    }
}
