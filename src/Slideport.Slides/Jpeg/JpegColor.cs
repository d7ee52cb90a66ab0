namespace Slideport.Slides.Jpeg;

/// <summary>
/// Decides what colour space a JPEG is really in. DICOM's Photometric Interpretation (0028,0004) is often wrong (wsi2dcm labels JFIF 4:2:0
/// as RGB) and TIFF readers disagree on whether tag 262 or the stream's markers count, so the stream decides wherever it says anything.
/// </summary>
public static class JpegColor
{
    /// <summary>
    /// The colour space of a JPEG labelled with a DICOM Photometric Interpretation (PS3.3 C.7.6.3.1.2), which counts only where the stream
    /// is silent: three components, not subsampled, no JFIF, no Adobe segment, identifiers other than R, G, B.
    /// </summary>
    /// <returns>null when the picture has neither one nor three components.</returns>
    public static ColorSpace? Resolve(in JpegHeader header, string? photometricInterpretation) =>
        Resolve(header, Declared(photometricInterpretation));

    /// <summary>The same with a label from elsewhere, such as TIFF's PhotometricInterpretation (262); null = no label.</summary>
    public static ColorSpace? Resolve(in JpegHeader header, ColorSpace? declared)
    {
        if (header.ComponentCount == 1) return ColorSpace.Gray;
        if (header.ComponentCount != 3) return null;
        // Nobody subsamples green and blue; a subsampled picture is YCbCr whatever it is labelled.
        if (header.IsSubsampled || header.HasJfif) return ColorSpace.YCbCr;
        if (header.AdobeTransform is { } transform) return transform == 0 ? ColorSpace.Rgb : ColorSpace.YCbCr;
        if (HasRgbIds(header)) return ColorSpace.Rgb;
        return declared == ColorSpace.Rgb ? ColorSpace.Rgb : ColorSpace.YCbCr;
    }

    /// <summary>The colour space a DICOM Photometric Interpretation names; null when it names none a JPEG frame could have.</summary>
    public static ColorSpace? Declared(string? photometricInterpretation) => photometricInterpretation?.Trim(' ', '\0') switch
    {
        "RGB" => ColorSpace.Rgb,
        "MONOCHROME2" => ColorSpace.Gray,
        "YBR_FULL" or "YBR_FULL_422" or "YBR_PARTIAL_420" or "YBR_PARTIAL_422" or "YBR_ICT" or "YBR_RCT" => ColorSpace.YCbCr,
        _ => null,
    };

    /// <summary>
    /// What libjpeg makes of the markers alone (default_decompress_parms): the readers that do not look at tag 262 (tifffile, Pillow) see
    /// this.
    /// </summary>
    internal static ColorSpace? OfMarkers(in JpegHeader header)
    {
        if (header.ComponentCount == 1) return ColorSpace.Gray;
        if (header.ComponentCount != 3) return null;
        if (header.HasJfif) return ColorSpace.YCbCr;
        if (header.AdobeTransform is { } transform) return transform == 0 ? ColorSpace.Rgb : ColorSpace.YCbCr;
        return HasRgbIds(header) ? ColorSpace.Rgb : ColorSpace.YCbCr;
    }

    /// <summary>Whether the components are called 'R', 'G', 'B'.</summary>
    internal static bool HasRgbIds(in JpegHeader header) => header.HasIds((byte)'R', (byte)'G', (byte)'B');
}
