using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>
/// The way of one revision of a slide to one destination, made durable step by step. An instance that comes, or a person who waives it, ends it at
/// any moment: then no step is taken any more, and whoever is at work drops what it has made.
/// </summary>
internal sealed class DestinationSteps(SpooledSlide slide, string name, TimeProvider time)
{
    private readonly int _revision = slide.Record!.Revision;

    internal SpooledSlide Slide => slide;

    /// <summary>The name of its hidden part in a store: the same for each attempt, and no other slide's or destination's.</summary>
    internal string Key => SpoolName.Of(slide.Key.Name, _revision.ToString(System.Globalization.CultureInfo.InvariantCulture), name.ToUpperInvariant());

    /// <summary>Where it is; null when it has ended.</summary>
    internal SlideDestination? Current => Of(slide.Record!);

    /// <summary>What of the slide goes there.</summary>
    internal IReadOnlyList<ManifestInstance> Instances => slide.Record!.Whole ?? slide.Record.Manifest!.Instances;

    /// <summary>Takes a step, durably.</summary>
    /// <returns>False when it has ended, and nothing was changed.</returns>
    /// <exception cref="IOException">The record cannot be written; the step is not taken.</exception>
    internal async Task<bool> TryStepAsync(DestinationState to, string reason, Func<SlideDestination, SlideDestination>? change = null)
    {
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            if (Current is null)
                return false;
            SlideSpool.Save(slide, Stepped(to, reason, change));
            return true;
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    /// <summary>The same; but where the spool cannot be written the step is taken in memory, and a restart goes on from the one before.</summary>
    internal async Task StepAtLeastInMemoryAsync(DestinationState to, string reason, Func<SlideDestination, SlideDestination> change)
    {
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            if (Current is null)
                return;
            var record = Stepped(to, reason, change);
            try
            {
                SlideSpool.Save(slide, record);
            }
            catch (IOException)
            {
                slide.Record = record;
            }
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    private SlideDestination? Of(SlideRecord record) =>
        record.Revision == _revision && record.IsForDestinations ? record.Destinations.FirstOrDefault(d => d.IsNamed(name) && !d.IsSettled) : null;

    private SlideRecord Stepped(DestinationState to, string reason, Func<SlideDestination, SlideDestination>? change) =>
        slide.Record!.With(name, d => (change ?? (same => same))(d.State == to ? d with { Reason = reason } : d.Step(to, time.GetUtcNow(), reason)));
}
