using Slideport.Protocol.Configuration;
using Slideport.Slides;

namespace Slideport.Converter.Destinations;

/// <summary>Which slides a destination is for. Every rule that is set must match, the whole value each time; a value a slide does not tell matches none.</summary>
internal sealed class DestinationRules(DestinationOptions options)
{
    /// <summary>Whether a slide goes there.</summary>
    /// <param name="serialNumber">Of the scanner, as SAM knows it; null where the slide itself has to tell.</param>
    /// <param name="slide">What the slide says of itself.</param>
    internal bool Choose(string? serialNumber, SlideMetadata slide) =>
        Matches(options.Scanner, serialNumber ?? slide.SerialNumber)
        && Matches(options.Barcode, slide.Barcode ?? slide.ContainerIdentifier)
        && (options.Stain.Length == 0 || (slide.Stains ?? "").Split('\\').Any(stain => Matches(options.Stain, stain)))
        && Matches(options.Department, slide.Department);

    private static bool Matches(string pattern, string? value) => pattern.Length == 0 || BarcodeRules.IsValid(value, pattern);
}
