using Slideport.Converter.Sam;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>Which destinations a verified slide goes to. Asked once for each revision: a rule that changes later counts for later slides.</summary>
internal sealed class DestinationChoice(IReadOnlyList<Destination> destinations, KnownScanners scanners, TimeProvider time)
{
    /// <summary>The destinations whose rules match, each at its beginning.</summary>
    /// <exception cref="IOException">The slide cannot be read in the spool.</exception>
    internal IReadOnlyList<SlideDestination> Choose(SpooledSlide slide, Manifest manifest)
    {
        if (destinations.Count == 0)
            return [];
        using var instances = SpooledInstances.Open(slide, manifest);
        var (serialNumber, metadata) = (scanners.SerialNumberOf(slide.Key.Scanner), instances.Metadata);
        return [.. destinations.Where(d => d.Rules.Choose(serialNumber, metadata)).Select(d => SlideDestination.New(d.Name, time.GetUtcNow(), "Its rules chose this slide."))];
    }
}
