using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>How an SVS becomes DICOM instances.</summary>
public sealed record SvsToDicomOptions
{
    /// <summary>How the levels order their frames.</summary>
    public DicomLayout Layout { get; init; } = DicomLayout.Full;

    /// <summary>Whether the label, which may show patient data, becomes an instance.</summary>
    public bool IncludeLabel { get; init; } = true;

    /// <summary>Whether the picture of the overview camera, which may show the label, becomes an instance.</summary>
    public bool IncludeOverview { get; init; } = true;

    /// <summary>Whether the thumbnail becomes an instance.</summary>
    public bool IncludeThumbnail { get; init; } = true;

    /// <summary>
    /// Whether a thumbnail, label or overview whose JPEG DICOM cannot carry is decoded in this process; if not, it is left out. One in LZW
    /// always becomes the pixels it stands for.
    /// </summary>
    public bool DecodesPictures { get; init; } = true;

    /// <summary>Most pixels of a thumbnail, label or overview that is kept in memory uncompressed; a larger one is left out.</summary>
    public long MaxPicturePixels { get; init; } = PixelCodec.MaxPixels;

    /// <summary>Changes what the SVS says of the slide: identifiers, barcode, time; null to leave all as it is.</summary>
    public Func<WsiSeriesDescription, WsiSeriesDescription>? Describe { get; init; }

    /// <summary>Sizes, offset tables, identifiers, flushing; its layout is overruled by <see cref="Layout"/>.</summary>
    public WsiWriterOptions Writer { get; init; } = new();
}
