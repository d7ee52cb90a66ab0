namespace Slideport.Slides.DicomWsi;

/// <summary>Uncompressed samples in the order TIFF has them.</summary>
internal static class RawFrame
{
    /// <summary>Planes (PlanarConfiguration 1) to pixels: RRR...GGG...BBB... to RGBRGB... The sizes agree.</summary>
    public static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        var count = planes.Length / 3;
        var red = planes[..count];
        var green = planes.Slice(count, count);
        var blue = planes.Slice(2 * count, count);
        for (int i = 0, at = 0; i < count; i++, at += 3)
        {
            pixels[at] = red[i];
            pixels[at + 1] = green[i];
            pixels[at + 2] = blue[i];
        }
    }
}
