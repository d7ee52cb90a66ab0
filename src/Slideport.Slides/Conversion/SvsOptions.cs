using Slideport.Slides.Deidentification;

namespace Slideport.Slides.Conversion;

/// <summary>What goes into an SVS beyond its pixels.</summary>
public sealed record SvsOptions
{
    /// <summary>
    /// Whether barcode and container identifier are written into the description. They may identify a patient, and many scripts publish
    /// descriptions, so it is to be asked for.
    /// </summary>
    public bool IncludeIdentifiers { get; init; }

    /// <summary>
    /// Takes from the slide what tells whose it is: description with pseudonyms and another day, no label, no macro. Of what is left out no byte is
    /// ever in the file. Null keeps all.
    /// </summary>
    public Deidentifier? Deidentifier { get; init; }
}
