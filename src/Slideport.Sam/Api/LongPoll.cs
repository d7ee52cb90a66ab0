using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slideport.Protocol;

namespace Slideport.Sam.Api;

/// <summary>An answer that waits for what is new: with <c>If-None-Match</c> and <c>wait</c> (seconds) it comes with the next change, or is 304.</summary>
internal static class LongPoll
{
    private const int LongestWaitSeconds = 60;

    /// <summary>Answers as soon as the tag is not the one the caller knows.</summary>
    /// <param name="context">The request.</param>
    /// <param name="waitSeconds">How long it may wait; cut to a minute.</param>
    /// <param name="nextChange">Completes with the next change of what is asked for.</param>
    /// <param name="read">The tag now, and how to get the body that belongs to it or to a later one.</param>
    internal static async Task AnswerAsync<T>(HttpContext context, int waitSeconds, Func<Task> nextChange, Func<(string Tag, Func<T> Body)> read)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        stopping.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(waitSeconds, 0, LongestWaitSeconds)));
        var known = context.Request.Headers.IfNoneMatch.ToString();
        while (true)
        {
            // Before reading, so that no change falls between the two.
            var change = nextChange();
            var (tag, body) = read();
            context.Response.Headers.ETag = tag;
            if (known != tag)
            {
                await Results.Json(body(), ProtocolJson.Options).ExecuteAsync(context);
                return;
            }

            await Task.WhenAny(change, Task.Delay(Timeout.Infinite, stopping.Token));
            if (!stopping.IsCancellationRequested)
                continue;
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
    }
}
