namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>What an instance shows: value 3 of Image Type (PS3.3 C.8.12.4.1.1).</summary>
public enum WsiImageFlavor
{
    /// <summary>A level of the pyramid.</summary>
    Volume,

    /// <summary>A small picture of the scanned area.</summary>
    Thumbnail,

    /// <summary>The slide's paper label; may show patient data.</summary>
    Label,

    /// <summary>The whole slide as an overview camera sees it; may show patient data.</summary>
    Overview,
}
