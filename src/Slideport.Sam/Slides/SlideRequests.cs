using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Slides;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Slides;

/// <summary>
/// What people ask of the converters that have their slides. A request waits in the database for its converter, which may be away, until that
/// answers or the request's time is over; whatever node it was asked at, and whatever node the converter asks.
/// </summary>
internal sealed class SlideRequests(SamDatabases databases, SamWriter writer)
{
    /// <summary>A converter that was away for so long does nothing any more that somebody asked for before.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // What was asked and answered stays in the audit trail.
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(31);

    private TaskCompletionSource _changed = NewChange();

    /// <summary>Completes with the next request or answer on this node.</summary>
    internal Task NextChangeAsync() => Volatile.Read(ref _changed).Task;

    /// <summary>Asks the converters that have slides of a series; each once: what is asked already and not answered is not asked again.</summary>
    /// <param name="series">The series.</param>
    /// <param name="action">What is to be done.</param>
    /// <param name="destination">The further destination it is about; null: the image file system.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A request for each converter; empty: there is no such slide.</returns>
    internal async Task<IReadOnlyList<AskedOfSlide>> AskAsync(string series, SlideAction action, string? destination, Actor actor, CancellationToken cancellationToken)
    {
        var asked = await writer.WriteAsync(async writing =>
        {
            var requests = writing.Database.AskedOfSlides;
            await requests.Where(r => r.AskedAt < writing.Now - Remembered).ExecuteDeleteAsync(cancellationToken);
            var slides = await writing.Database.Slides.AsNoTracking().Where(s => s.SeriesInstanceUid == series).OrderBy(s => s.Converter).ThenBy(s => s.Name).ToListAsync(cancellationToken);
            var open = await requests.Where(r => r.SeriesInstanceUid == series && r.Action == action && r.Destination == destination && r.AnsweredAt == null && r.ExpiresAt > writing.Now)
                .ToListAsync(cancellationToken);
            var all = new List<AskedOfSlide>();
            foreach (var slide in slides)
            {
                if (open.Find(r => r.Converter == slide.Converter && r.Slide == slide.Name) is { } before)
                {
                    all.Add(before);
                    continue;
                }

                var request = new AskedOfSlide
                {
                    Id = Guid.CreateVersion7(writing.Now),
                    Converter = slide.Converter,
                    Slide = slide.Name,
                    SeriesInstanceUid = series,
                    Action = action,
                    Destination = destination,
                    AskedBy = actor.Name,
                    AskedAt = writing.Now,
                    ExpiresAt = writing.Now + Lifetime,
                };
                requests.Add(request);
                all.Add(request);
                writing.Audit(actor, Name(action), series, after: $"{request.Id} for converter {slide.Converter}{(destination is null ? "" : $", destination {destination}")}");
            }

            return all;
        }, cancellationToken);
        Changed();
        return asked;
    }

    /// <summary>What a converter has to answer, the oldest first.</summary>
    internal async Task<List<AskedOfSlide>> OpenAsync(string converter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.AskedOfSlides.AsNoTracking().Where(r => r.Converter == converter && r.AnsweredAt == null && r.ExpiresAt > now)
            .OrderBy(r => r.AskedAt).ThenBy(r => r.Id).Take(SlideRequest.MaxRequests).ToListAsync(cancellationToken);
    }

    /// <summary>Takes a converter's answer, durably; a second one changes nothing. One that comes late is taken: the thing is done.</summary>
    /// <returns>False when nothing of the kind was asked of that converter.</returns>
    internal async Task<bool> AnswerAsync(string converter, Guid id, SlideAnswer answer, Actor actor, CancellationToken cancellationToken)
    {
        var isKnown = await writer.WriteAsync(async writing =>
        {
            if (await writing.Database.AskedOfSlides.SingleOrDefaultAsync(r => r.Id == id && r.Converter == converter, cancellationToken) is not { } request)
                return false;
            if (request.AnsweredAt is not null)
                return true;
            (request.AnsweredAt, request.Result, request.Answer) = (writing.Now, answer.Result, answer.Text);
            writing.Audit(actor, "slide.answer", request.SeriesInstanceUid, before: $"{id}, {Name(request.Action)} by {request.AskedBy}", after: answer.Text, succeeded: answer.Result == SlideResult.Done);
            return true;
        }, cancellationToken);
        Changed();
        return isKnown;
    }

    /// <summary>One request; null when there is none, or it is long ago.</summary>
    internal async Task<AskedOfSlide?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.AskedOfSlides.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
    }

    /// <summary>What was asked last of each slide.</summary>
    internal async Task<Dictionary<(string Converter, string Slide), AskedOfSlide>> LastAsync(IReadOnlyList<Slide> slides, CancellationToken cancellationToken)
    {
        var last = new Dictionary<(string Converter, string Slide), AskedOfSlide>();
        var names = slides.Select(s => s.Name).Distinct(StringComparer.Ordinal).ToList();
        await using var database = databases.CreateDbContext();
        foreach (var request in await database.AskedOfSlides.AsNoTracking().Where(r => names.Contains(r.Slide)).OrderBy(r => r.AskedAt).ThenBy(r => r.Id).ToListAsync(cancellationToken))
            last[(request.Converter, request.Slide)] = request;
        return last;
    }

    private static string Name(SlideAction action) => action switch { SlideAction.Retry => "slide.retry", SlideAction.Resend => "slide.resend", _ => "slide.verify" };

    private void Changed() => Interlocked.Exchange(ref _changed, NewChange()).SetResult();

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
