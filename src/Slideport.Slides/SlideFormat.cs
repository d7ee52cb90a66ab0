namespace Slideport.Slides;

/// <summary>In which format a slide lies on disk.</summary>
public enum SlideFormat
{
    /// <summary>DICOM Whole Slide Microscopy: a series of instances, each a file.</summary>
    DicomWsi,

    /// <summary>Aperio SVS: one TIFF file.</summary>
    Svs,
}
