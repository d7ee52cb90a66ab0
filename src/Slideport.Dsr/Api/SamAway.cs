using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Slideport.Dsr.Sam;
using Slideport.Http;

namespace Slideport.Dsr.Api;

/// <summary>Answers people whose session nobody can ask SAM for: later.</summary>
internal sealed class SamAway : IExceptionHandler
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not SamAwayException)
            return false;
        await Problems.Unavailable(httpContext, "SAM, which knows who may come in, does not answer: try again in a moment, and have its machine looked at if that does not help.", RetryAfter).ExecuteAsync(httpContext);
        return true;
    }
}
