using System.Buffers;

namespace Slideport.Slides.Jpeg;

/// <summary>
/// Joins the strips of a TIFF page, each a JPEG of its own, to one JPEG with the same pixels. Each strip starts with fresh DC predictions,
/// just as a restart interval does: so with a restart interval of one strip the entropy-coded data is used as it is, RST markers between.
/// </summary>
public static class JpegStrips
{
    /// <summary>
    /// Joins strips from top to bottom.
    /// </summary>
    /// <param name="jpegTables">Tables-only stream of the page (tag 347); empty if the strips are complete by themselves.</param>
    /// <param name="strips">The strips; at least one. All must be of one width, sampling and set of tables.</param>
    /// <param name="rowsPerStrip">Rows of each strip but the last; a multiple of the MCU height unless there is one strip only.</param>
    /// <param name="height">Rows of the whole picture.</param>
    /// <param name="jpeg">The whole picture; null unless Done.</param>
    /// <returns>Done, or InvalidData when the strips are damaged or cannot be joined this way; decode them then.</returns>
    public static OperationStatus Join(
        ReadOnlySpan<byte> jpegTables, IReadOnlyList<ReadOnlyMemory<byte>> strips, int rowsPerStrip, int height, out byte[]? jpeg)
    {
        jpeg = null;
        if (strips.Count == 0 || height is <= 0 or > ushort.MaxValue || rowsPerStrip <= 0) return OperationStatus.InvalidData;
        if (JpegHeader.TryParse(strips[0].Span, out var first) != OperationStatus.Done) return OperationStatus.InvalidData;
        if (!CanJoin(first, strips.Count, rowsPerStrip, height)) return OperationStatus.InvalidData;

        var output = new ArrayBufferWriter<byte>();
        var interval = strips.Count > 1 ? Interval(first, rowsPerStrip) : 0;
        if (!WriteHeader(output, jpegTables, strips[0].Span, first, interval, height)) return OperationStatus.InvalidData;
        for (var i = 0; i < strips.Count; i++)
        {
            var strip = strips[i].Span;
            if (!IsLikeFirst(strip, strips[0].Span, first, Math.Min(rowsPerStrip, height - i * rowsPerStrip)))
                return OperationStatus.InvalidData;
            var end = JpegEnd.TrimmedLength(strip, first.EndOfHeader);
            var entropy = strip[first.EndOfHeader..(end < 0 ? strip.Length : end - 2)];
            if (strips.Count > 1 && HasMarker(entropy)) return OperationStatus.InvalidData;
            output.Write(entropy);
            if (i + 1 < strips.Count) output.Write<byte>([JpegMarker.Prefix, (byte)(JpegMarker.FirstRestart + i % 8)]);
        }

        output.Write<byte>([JpegMarker.Prefix, JpegMarker.EndOfImage]);
        jpeg = output.WrittenSpan.ToArray();
        return OperationStatus.Done;
    }

    private static bool CanJoin(in JpegHeader first, int count, int rowsPerStrip, int height)
    {
        if (first.ScanComponentCount != first.ComponentCount || first.ComponentCount > JpegHeader.MaxComponents) return false;
        if (count == 1) return true;
        var needed = ((long)height + rowsPerStrip - 1) / rowsPerStrip;
        return count == needed
            && first.Process is JpegProcess.Baseline or JpegProcess.ExtendedSequential
            && first.RestartInterval == 0
            && rowsPerStrip % first.McuHeight == 0
            && Interval(first, rowsPerStrip) <= ushort.MaxValue;
    }

    /// <summary>MCUs in a strip.</summary>
    private static long Interval(in JpegHeader header, int rowsPerStrip) =>
        ((long)header.Width + header.McuWidth - 1) / header.McuWidth * (rowsPerStrip / header.McuHeight);

    /// <summary>Writes the first strip's header with the page's tables, the full height and the restart interval.</summary>
    private static bool WriteHeader(
        ArrayBufferWriter<byte> output,
        ReadOnlySpan<byte> jpegTables,
        ReadOnlySpan<byte> strip,
        in JpegHeader first,
        long interval,
        int height)
    {
        JpegTables? tables = null;
        if (!jpegTables.IsEmpty && JpegTables.TryCreate(jpegTables, [], out tables) != OperationStatus.Done) return false;
        output.Write(tables is null ? strip[..2] : tables.Prefix);
        output.Write(strip[2..HeightOffset(strip, first)]);
        output.Write<byte>([(byte)(height >> 8), (byte)(height & 0xFF)]);
        output.Write(strip[(HeightOffset(strip, first) + 2)..first.ScanHeaderOffset]);
        if (interval > 0)
            output.Write<byte>([JpegMarker.Prefix, JpegMarker.RestartInterval, 0, 4, (byte)(interval >> 8), (byte)(interval & 0xFF)]);

        output.Write(strip[first.ScanHeaderOffset..first.EndOfHeader]);
        return true;
    }

    /// <summary>Whether a strip's header is the first one's but for the number of rows, which must be the strip's.</summary>
    private static bool IsLikeFirst(ReadOnlySpan<byte> strip, ReadOnlySpan<byte> firstStrip, in JpegHeader first, int rows)
    {
        var at = HeightOffset(firstStrip, first);
        if (strip.Length < first.EndOfHeader) return false;
        if (!strip[..at].SequenceEqual(firstStrip[..at])) return false;
        if (!strip[(at + 2)..first.EndOfHeader].SequenceEqual(firstStrip[(at + 2)..first.EndOfHeader])) return false;
        var stated = strip[at] << 8 | strip[at + 1];
        // Some encoders pad the last strip to whole MCUs: the same entropy-coded data.
        return stated >= rows && (stated + first.McuHeight - 1) / first.McuHeight == (rows + first.McuHeight - 1) / first.McuHeight;
    }

    /// <summary>Where the frame header states the number of lines: behind marker, length and precision.</summary>
    private static int HeightOffset(ReadOnlySpan<byte> strip, in JpegHeader header)
    {
        var at = header.FrameHeaderOffset;
        while (strip[at] == JpegMarker.Prefix) at++;
        return at + 1 + 2 + 1;
    }

    private static bool HasMarker(ReadOnlySpan<byte> entropy)
    {
        while (true)
        {
            var at = entropy.IndexOf(JpegMarker.Prefix);
            if (at < 0) return false;
            if (at + 1 >= entropy.Length || entropy[at + 1] != 0) return true;
            entropy = entropy[(at + 2)..];
        }
    }
}
