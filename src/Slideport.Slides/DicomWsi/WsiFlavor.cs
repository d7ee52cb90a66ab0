namespace Slideport.Slides.DicomWsi;

/// <summary>
/// What an instance shows: value 3 of Image Type (PS3.3 C.8.12.4.1.1). Values 1, 2 and 4 differ from vendor to vendor and say nothing.
/// </summary>
public enum WsiFlavor
{
    /// <summary>Something else, such as LOCALIZER: kept, but no part of the slide's pictures.</summary>
    Other,

    /// <summary>A level of the pyramid.</summary>
    Volume,

    /// <summary>A small picture of the scanned area.</summary>
    Thumbnail,

    /// <summary>The slide's paper label.</summary>
    Label,

    /// <summary>The whole slide as an overview camera sees it.</summary>
    Overview,
}
