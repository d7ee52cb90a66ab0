using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>One page in a single strip: thumbnail, label or macro.</summary>
public sealed record SvsImageDirectory
{
    /// <summary>Pixels across.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required int Height { get; init; }

    /// <summary>None, Lzw (with predictor 2) or Jpeg; OpenSlide refuses the whole slide if one of these pages is JPEG 2000.</summary>
    public required TiffCompression Compression { get; init; }

    /// <summary>What the samples really are.</summary>
    public required ColorSpace Color { get; init; }

    /// <summary>Chroma subsampling of a JPEG.</summary>
    public (int Horizontal, int Vertical) Subsampling { get; init; } = (1, 1);

    /// <summary>ImageDescription; for label and macro see <see cref="SvsDescription.FormatAssociated"/>.</summary>
    public required string Description { get; init; }

    /// <summary>Where the coded picture lies in the file.</summary>
    public required FileRange Data { get; init; }
}
