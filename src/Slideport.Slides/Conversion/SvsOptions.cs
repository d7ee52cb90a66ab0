namespace Slideport.Slides.Conversion;

/// <summary>What goes into an SVS beyond its pixels.</summary>
public sealed record SvsOptions
{
    /// <summary>
    /// Whether barcode and container identifier are written into the description. They may identify a patient, and many scripts publish
    /// descriptions, so it is to be asked for.
    /// </summary>
    public bool IncludeIdentifiers { get; init; }
}
