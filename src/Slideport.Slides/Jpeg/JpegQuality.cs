namespace Slideport.Slides.Jpeg;

/// <summary>
/// Estimates the IJG quality setting from a quantization table. libjpeg scales the example luminance table of ITU-T T.81, K.1 by
/// the quality; the sum of the entries falls strictly with the quality, whatever their order, so the nearest sum names it.
/// </summary>
internal static class JpegQuality
{
    /// <summary>T.81, table K.1, row by row.</summary>
    private static ReadOnlySpan<byte> ExampleLuminance =>
    [
        16, 11, 10, 16, 24, 40, 51, 61,
        12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77,
        24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101,
        72, 92, 95, 98, 112, 100, 103, 99,
    ];

    /// <summary>Sum of the table's 64 entries at quality i + 1.</summary>
    private static readonly int[] SumOfQuality = [.. Enumerable.Range(1, 100).Select(Sum)];

    /// <summary>The quality, 1 to 100, whose luminance table has the sum nearest to this; null for 0 (no table seen).</summary>
    public static int? Estimate(int sumOfEntries)
    {
        if (sumOfEntries <= 0) return null;
        var best = 0;
        for (var i = 1; i < SumOfQuality.Length; i++)
        {
            // Ties go to the higher quality: only 99 and 100 could ever meet.
            if (Math.Abs(SumOfQuality[i] - sumOfEntries) <= Math.Abs(SumOfQuality[best] - sumOfEntries)) best = i;
        }

        return best + 1;
    }

    private static int Sum(int quality)
    {
        // jpeg_quality_scaling and jpeg_add_quant_table of libjpeg, baseline clamped to 255.
        var scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        var sum = 0;
        foreach (var entry in ExampleLuminance) sum += Math.Clamp((entry * scale + 50) / 100, 1, 255);
        return sum;
    }
}
