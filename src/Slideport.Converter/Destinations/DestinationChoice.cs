using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>Which destinations a slide goes to. Asked once for each revision: a rule that changes later counts for later slides.</summary>
internal sealed class DestinationChoice(IReadOnlyList<Destination> destinations, KnownScanners scanners, TimeProvider time)
{
    /// <summary>Whether there is anything to choose from.</summary>
    internal bool IsEmpty => destinations.Count == 0;

    /// <summary>The destinations whose rules match, each at its beginning.</summary>
    /// <exception cref="IOException">The slide cannot be read in the spool.</exception>
    internal IReadOnlyList<SlideDestination> Choose(SpooledSlide slide, IReadOnlyList<ManifestInstance> whole)
    {
        if (IsEmpty)
            return [];
        using var instances = SpooledInstances.Open(slide, whole);
        var (serialNumber, metadata) = (scanners.SerialNumberOf(slide.Key.Scanner), instances.Metadata);
        return [.. destinations.Where(d => d.Rules.Choose(serialNumber, metadata)).Select(d => SlideDestination.New(d.Name, time.GetUtcNow(), "Its rules chose this slide."))];
    }
}
