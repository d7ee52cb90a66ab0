using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slideport.Protocol;

namespace Slideport.Sam.Api;

/// <summary>An answer that waits for what is new: with <c>If-None-Match</c> and <c>wait</c> (seconds) it comes with the next change, or is 304.</summary>
internal static class LongPoll
{
    // How soon what another node has changed is seen by those who wait here.
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);

    /// <summary>Answers as soon as the tag is not the one the caller knows.</summary>
    /// <param name="context">The request.</param>
    /// <param name="waitSeconds">How long it may wait; cut to a minute.</param>
    /// <param name="nextChange">Completes with the next change of what is asked for.</param>
    /// <param name="read">The tag now, and how to get the body that belongs to it or to a later one.</param>
    internal static async Task AnswerAsync<T>(HttpContext context, int waitSeconds, Func<Task> nextChange, Func<(string Tag, Func<T> Body)> read)
    {
        var known = context.Request.Headers.IfNoneMatch.ToString();
        await ForChangeAsync(context, waitSeconds, nextChange, () => read().Tag != known);
        var (tag, body) = read();
        context.Response.Headers.ETag = tag;
        if (tag == known)
            context.Response.StatusCode = StatusCodes.Status304NotModified;
        else
            await Results.Json(body(), ProtocolJson.Options).ExecuteAsync(context);
    }

    /// <summary>Comes back with the change, or when the time is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="waitSeconds">How long it may wait; cut to a minute.</param>
    /// <param name="nextChange">Completes with the next change of what may be other than the caller knows.</param>
    /// <param name="isChanged">Whether it is.</param>
    internal static async Task ForChangeAsync(HttpContext context, int waitSeconds, Func<Task> nextChange, Func<bool> isChanged)
    {
        if (waitSeconds <= 0)
            return;
        using var stopping = Waiting(context, waitSeconds);
        while (!stopping.IsCancellationRequested)
        {
            // Before asking, so that no change falls between the two.
            var change = nextChange();
            if (isChanged())
                return;
            await Task.WhenAny(change, Task.Delay(Timeout.Infinite, stopping.Token));
        }
    }

    /// <summary>Asks the database again and again until it has something, or the time is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="waitSeconds">How long it may wait; cut to a minute.</param>
    /// <param name="time">Clock.</param>
    /// <param name="nextChange">Completes with the next change made on this node.</param>
    /// <param name="read">What there is; null when there is nothing.</param>
    /// <returns>Null when the time was over before there was something.</returns>
    internal static async Task<T?> UntilAsync<T>(HttpContext context, int waitSeconds, TimeProvider time, Func<Task> nextChange, Func<CancellationToken, Task<T?>> read)
        where T : class
    {
        using var stopping = Waiting(context, waitSeconds);
        while (true)
        {
            var change = nextChange();
            if (await read(context.RequestAborted) is { } found)
                return found;
            if (stopping.IsCancellationRequested)
                return null;
            await Task.WhenAny(change, Task.Delay(Rhythm, time, stopping.Token));
        }
    }

    private static CancellationTokenSource Waiting(HttpContext context, int waitSeconds)
    {
        var waiting = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        waiting.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(waitSeconds, 0, SamClient.LongestWait.TotalSeconds)));
        return waiting;
    }
}
