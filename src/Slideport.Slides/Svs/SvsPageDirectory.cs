using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>What all pages of an SVS have in common.</summary>
public abstract record SvsPageDirectory
{
    /// <summary>Pixels across.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required int Height { get; init; }

    /// <summary>How the picture is coded.</summary>
    public required TiffCompression Compression { get; init; }

    /// <summary>What the samples really are, see <see cref="JpegColor"/>.</summary>
    public required ColorSpace Color { get; init; }

    /// <summary>Chroma subsampling of a JPEG, see <see cref="JpegHeader.Subsampling"/>.</summary>
    public (int Horizontal, int Vertical) Subsampling { get; init; } = (1, 1);

    /// <summary>
    /// ImageDescription, see <see cref="SvsDescription"/>; of label and macro <see cref="SvsDescription.FormatAssociated"/>.
    /// </summary>
    public required string Description { get; init; }
}
