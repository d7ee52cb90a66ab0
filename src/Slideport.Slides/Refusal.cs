namespace Slideport.Slides;

/// <summary>
/// Why a slide cannot be carried from one format to the other without loss. A value, not an exception: nothing is broken, and the slide can
/// still be delivered as it is.
/// </summary>
/// <param name="Reason">One sentence for whoever has to decide what to do.</param>
/// <param name="Attribute">The DICOM attribute (keyword) or TIFF tag that stands in the way.</param>
public sealed record Refusal(string Reason, string Attribute);
