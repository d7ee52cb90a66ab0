namespace Slideport.Slides.DicomWsi;

/// <summary>How the frames of an instance tell where they belong (PS3.3 C.7.6.17.3).</summary>
public enum WsiTiling
{
    /// <summary>By their order: every tile is there, row by row.</summary>
    Full,

    /// <summary>Each by its own position: TILED_SPARSE, and the GT 450's "3D".</summary>
    Sparse,
}
