using Microsoft.AspNetCore.Http;
using Slideport.Dsr.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>Why a request is not answered as it was asked: a status of PS3.18 and a sentence for whoever asked.</summary>
internal sealed class DicomWebException(int status, string sentence) : Exception(sentence)
{
    internal int Status => status;

    internal static DicomWebException BadRequest(string sentence) => new(StatusCodes.Status400BadRequest, sentence);

    internal static DicomWebException NotFound(string sentence) => new(StatusCodes.Status404NotFound, sentence);

    internal static DicomWebException NotAcceptable(string sentence) => new(StatusCodes.Status406NotAcceptable, sentence);

    internal static DicomWebException TooMuch(string sentence) => new(StatusCodes.Status413PayloadTooLarge, sentence);

    /// <summary>Answers in the place of an endpoint that threw one.</summary>
    internal static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DicomWebException e) when (!context.HttpContext.Response.HasStarted)
        {
            return ViewerProblems.Of(e.Status, e.Message);
        }
    }
}
