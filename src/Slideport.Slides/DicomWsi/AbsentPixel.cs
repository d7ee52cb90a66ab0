using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi;

/// <summary>The colour of pixels a sparse image leaves out, as 8-bit sRGB: white unless the image says otherwise.</summary>
/// <param name="Red">Red.</param>
/// <param name="Green">Green.</param>
/// <param name="Blue">Blue.</param>
public readonly record struct AbsentPixel(byte Red, byte Green, byte Blue)
{
    /// <summary>White: glass.</summary>
    public static AbsentPixel White => new(255, 255, 255);

    /// <summary>As JPEG's YCbCr (T.871, 7).</summary>
    internal (byte Y, byte Cb, byte Cr) YCbCr => (
        Round(0.299 * Red + 0.587 * Green + 0.114 * Blue),
        Round(128 - 0.168736 * Red - 0.331264 * Green + 0.5 * Blue),
        Round(128 + 0.5 * Red - 0.418688 * Green - 0.081312 * Blue));

    /// <summary>Recommended Absent Pixel CIELab Value (0048,0015) of an image; white where there is none or it is none.</summary>
    internal static AbsentPixel Of(DicomDataSet set) => set.GetDoubles(Tags.RecommendedAbsentPixelCIELabValue) is [var l, var a, var b, ..]
        // PS3.3 C.10.7.1.1: L* 0 to 100 and a*, b* -128 to 127 are spread over 16 bits.
        ? FromLab(l / 65535 * 100, (a / 65535 * 255) - 128, (b / 65535 * 255) - 128)
        : White;

    /// <summary>
    /// CIELab under D50, as DICOM has it, in sRGB. The slide's own ICC profile may differ from sRGB a little: what it concerns is the colour of
    /// nothing.
    /// </summary>
    internal static AbsentPixel FromLab(double lightness, double a, double b)
    {
        var fy = (lightness + 16) / 116;
        // The white point of D50, ICC.1 profile connection space.
        var (x, y, z) = (0.9642 * Cubed(fy + (a / 500)), Cubed(fy), 0.8249 * Cubed(fy - (b / 200)));
        // D50 to linear sRGB, the adaptation after Bradford included.
        return new AbsentPixel(
            Companded(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
            Companded(-0.9787684 * x + 1.9161415 * y + 0.0334540 * z),
            Companded(0.0719453 * x - 0.2289914 * y + 1.4052427 * z));
    }

    private static double Cubed(double f) => f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - (4.0 / 29));

    private static byte Companded(double linear) => Round(255 * (linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055));

    private static byte Round(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
