using Slideport.Dicom;

namespace Slideport.Slides.Svs;

/// <summary>
/// One page in a single strip: thumbnail, label or macro. It is coded as None, Lzw (with predictor 2) or Jpeg; OpenSlide refuses the whole
/// slide if one of these pages is JPEG 2000.
/// </summary>
public sealed record SvsImageDirectory : SvsPageDirectory
{
    /// <summary>Where the coded picture lies in the file.</summary>
    public required FileRange Data { get; init; }
}
