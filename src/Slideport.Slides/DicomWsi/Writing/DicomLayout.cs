namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>How the frames of a level say where they belong: Dimension Organization Type (0020,9311).</summary>
public enum DicomLayout
{
    /// <summary>TILED_FULL: every tile, row by row; no frame needs a position (PS3.3 C.7.6.17.3).</summary>
    Full,

    /// <summary>TILED_SPARSE: each frame states its position; tiles may be left out.</summary>
    Sparse,

    /// <summary>
    /// 3D with positions, columns first: what the first published GT 450 slides have. Their order must be taken from the positions.
    /// </summary>
    ThreeD,
}
