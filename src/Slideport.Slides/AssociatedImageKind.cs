namespace Slideport.Slides;

/// <summary>Pictures that accompany the pyramid.</summary>
public enum AssociatedImageKind
{
    /// <summary>A small picture of the scanned area.</summary>
    Thumbnail,

    /// <summary>The slide's paper label; may show patient data.</summary>
    Label,

    /// <summary>The whole slide as an overview camera sees it (DICOM: OVERVIEW, SVS: macro); may show patient data.</summary>
    Macro,
}
