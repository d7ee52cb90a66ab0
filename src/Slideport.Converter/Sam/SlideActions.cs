using Slideport.Converter.Delivery;
using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.ImageStore;
using Slideport.Protocol.Slides;

namespace Slideport.Converter.Sam;

/// <summary>What a person can have done with a slide from afar. Each may be done again: what is there as it was delivered is delivered by none of them.</summary>
internal sealed class SlideActions(SlideSpool spool, ImageStores stores, DestinationLanes destinations, (SpoolRequests Requests, SlideReturns Returns) spooled, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _reading = new(1); // whoever asks for many to be read holds up no delivery

    /// <summary>Does it.</summary>
    /// <exception cref="IOException">Something was in the way.</exception>
    /// <exception cref="UnauthorizedAccessException">Permissions were.</exception>
    internal async Task<SlideAnswer> DoAsync(SlideRequest request, CancellationToken cancellationToken)
    {
        var slide = await FindAsync(request.Slide, cancellationToken);
        return (slide?.Record ?? spool.FindPurged(request.Slide), request.Action) switch
        {
            (null, _) => Refused("This converter has no such slide: its spool is not the one it was when it told of it."),
            ({ } record, SlideAction.Verify) => await VerifyAsync(record, cancellationToken),
            ({ } record, SlideAction.Resend) when slide is null && request.Destination is { } destination && SlideReturns.IsLetGo(record, destination) => await TakeBackAsync(record, destination, cancellationToken),
            ({ } record, _) when slide is null => Refused(
                $"After its retention the spool has let it go; what remains is '{record.Manifest?.Path}' at {At(record.Manifest?.Location)}, delivered with SHA-256 {record.Manifest?.Sha256}. Copy that file, or scan the slide again."),
            (_, SlideAction.Retry) => await RetryAsync(slide!, cancellationToken),
            _ when request.Destination is { } destination => await ResendAsync(slide!, destination, cancellationToken),
            _ => await ResendAsync(slide!, cancellationToken),
        };
    }

    public void Dispose() => _reading.Dispose();

    private async Task<SlideAnswer> RetryAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        var record = slide.Record!;
        if (!(record.State is SlideState.Failed or SlideState.Waiting || record.NotBefore is not null || record.Destinations.Any(d => !d.IsSettled)))
            return Refused($"{StateOf(record)} Only one that failed or waits, or a destination of which does, can be tried again.");
        await spooled.Requests.RetryAsync(slide, cancellationToken);
        return Done($"It is being tried again; it was {record.State.ToString().ToLowerInvariant()}: {record.Reason}");
    }

    private async Task<SlideAnswer> ResendAsync(SpooledSlide slide, string name, CancellationToken cancellationToken)
    {
        if (destinations.Destinations.FirstOrDefault(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } destination)
            return Refused($"This converter has no destination {name}; its destinations: {(destinations.Destinations.Count == 0 ? "none" : string.Join(", ", destinations.Destinations.Select(d => d.Name)))}.");
        await slide.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slide.Record is not { State: SlideState.Verified } record)
                return Refused($"{StateOf(slide.Record!)} It can go to a destination when it is verified.");
            var again = SlideDestination.New(destination.Name, time.GetUtcNow(), "A person asked for it.");
            SlideSpool.Save(slide, record.Destinations.Any(d => d.IsNamed(name))
                ? record.With(name, d => again with { Name = d.Name, Manifest = d.Manifest })
                : record with { Destinations = [.. record.Destinations, again] });
        }
        finally
        {
            slide.Gate.Release();
        }

        destinations.TryNow(slide);
        return Done($"It is on its way to destination {destination.Name}{(destination.Pacs is null ? ", unless it lies there as it was delivered" : "")}; if something is in the way, the slide's reason says what.");
    }

    private async Task<SlideAnswer> TakeBackAsync(SlideRecord record, string destination, CancellationToken cancellationToken) =>
        await spooled.Returns.TakeBackAsync(record.Key.Name, destination, "A person", cancellationToken) is { } refusal
            ? Refused(refusal)
            : Done($"The spool had let go of it for want of room, and has taken it back from '{record.Manifest!.Path}'; it is on its way to destination {destination}.");

    private async Task<SlideAnswer> ResendAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        if (slide.Record is { State: SlideState.Failed or SlideState.Waiting })
            return await RetryAsync(slide, cancellationToken);
        await slide.Work.WaitAsync(cancellationToken);
        try
        {
            if (slide.Record is not { State: SlideState.Verified, Manifest: { } manifest })
                return Refused($"{StateOf(slide.Record!)} It is delivered without anybody's doing.");
            if (await DifferenceAsync(manifest, cancellationToken) is not { } difference)
                return Refused($"'{manifest.Path}' at {At(manifest.Location)} is what was delivered; nothing is delivered twice. Name a destination to have it go there.");
            await spool.StepAsync(slide, SlideState.Failed, $"{difference} The spool still has the slide.");
        }
        finally
        {
            slide.Work.Release();
        }

        await spooled.Requests.RetryAsync(slide, cancellationToken);
        return Done($"{slide.Record!.History[^2].Reason} It is delivered once more.");
    }

    private async Task<SlideAnswer> VerifyAsync(SlideRecord record, CancellationToken cancellationToken)
    {
        if (record.Manifest is not { Sha256: not null } manifest || !(record.State.IsPublished() || record.State == SlideState.Failed))
            return Refused($"{StateOf(record)} It has not been delivered yet{(record.Revision > 1 ? $" as revision {record.Revision}" : "")}.");
        var result = SlideResult.Done;
        var texts = new List<string>();
        await _reading.WaitAsync(cancellationToken);
        try
        {
            foreach (var place in record.Destinations.Where(d => d.State == DestinationState.Verified).Select(d => d.Manifest).OfType<Manifest>().Where(m => m.Sha256 is not null && m.Path.Length > 0).Prepend(manifest))
            {
                try
                {
                    var difference = await DifferenceAsync(place, cancellationToken);
                    result = difference is null ? result : SlideResult.Differs;
                    texts.Add(difference ?? $"{place.Called} at {At(place.Location)} is what was delivered: {place.Bytes} bytes, SHA-256 {place.Sha256}.");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    result = result == SlideResult.Differs ? result : SlideResult.Failed;
                    texts.Add($"{place.Called} at {At(place.Location)} cannot be read now{(place.IsPseudonymous ? "." : $": {e.Message}")}");
                }
            }
        }
        finally
        {
            _reading.Release();
        }

        return new SlideAnswer(result, string.Join(' ', texts));
    }

    // Null: what lies there is what was delivered.
    private async Task<string?> DifferenceAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var store = await stores.OpenAsync(manifest.Location, cancellationToken);
        var found = await Task.Run(async () => await store.ReadBackAsync(manifest.Path, cancellationToken), cancellationToken);
        return found == new StoredOutput(manifest.Sha256!, manifest.Bytes!.Value) ? null
            : found is not { } other ? $"{manifest.Called} at {At(manifest.Location)} was delivered and is gone."
            : $"{manifest.Called} at {At(manifest.Location)} is not what was delivered: that had {manifest.Bytes} bytes and SHA-256 {manifest.Sha256}, this has {other.Bytes} bytes and SHA-256 {other.Sha256}.";
    }

    // A step that is on disk already, where a person sees it, is waited for; being purged above all.
    private async Task<SpooledSlide?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (spool.Find(name) is not { } slide)
            return null;
        await slide.Gate.WaitAsync(cancellationToken);
        slide.Gate.Release();
        return slide.Record is null or { State: SlideState.Purged } ? null : slide;
    }

    private string At(string? location) => location ?? stores.Own.Location;

    private static string StateOf(SlideRecord record) => $"It is {record.State.ToString().ToLowerInvariant()}: {record.Reason}";

    private static SlideAnswer Done(string text) => new(SlideResult.Done, text);

    private static SlideAnswer Refused(string text) => new(SlideResult.Refused, text);
}
