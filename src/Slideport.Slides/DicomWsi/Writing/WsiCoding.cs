using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>How the frames of an instance are coded.</summary>
/// <param name="TransferSyntax">Transfer syntax of the instance.</param>
/// <param name="PhotometricInterpretation">Value of (0028,0004), one the WSI IOD allows: RGB, YBR_FULL_422, YBR_ICT, YBR_RCT, MONOCHROME2.</param>
/// <param name="LossyMethod">Lossy Image Compression Method (0028,2114); null if no information was ever lost.</param>
public sealed record WsiCoding(TransferSyntax TransferSyntax, string PhotometricInterpretation, string? LossyMethod)
{
    /// <summary>Uncompressed red, green, blue, interleaved.</summary>
    public static WsiCoding NativeRgb { get; } = new(TransferSyntax.ExplicitVrLittleEndian, "RGB", null);

    /// <summary>Baseline JPEG in YCbCr. YBR_FULL_422 names it whatever the subsampling: the IOD has no other word for it.</summary>
    public static WsiCoding JpegYCbCr { get; } = new(TransferSyntax.JpegBaseline8Bit, "YBR_FULL_422", "ISO_10918_1");

    /// <summary>Baseline JPEG of untransformed red, green, blue.</summary>
    public static WsiCoding JpegRgb { get; } = new(TransferSyntax.JpegBaseline8Bit, "RGB", "ISO_10918_1");

    /// <summary>Samples of each pixel.</summary>
    public int SamplesPerPixel => PhotometricInterpretation == "MONOCHROME2" ? 1 : 3;
}
