using System.Buffers;
using Slideport.Slides.Jpeg;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// JPEG headers, patches, table merging and strip joining on any bytes. What is accepted is checked again by a slow walk over the markers
/// that shares no code with the parser.
/// </summary>
internal static class JpegHeaderTarget
{
    /// <summary>Runs one input; throws where a promise of the parser is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        JpegEnd.TrimmedLength(data);
        if (JpegTables.TryCreate(data, [], out var tables) == OperationStatus.Done) CheckTables(tables!, data);
        var status = JpegHeader.TryParse(data, out var header);
        var oracle = Walk(data);
        Require(status == OperationStatus.Done == (oracle.EndOfHeader > 0), "parser and oracle disagree on acceptance");
        if (status != OperationStatus.Done) return;

        Require(header.EndOfHeader == oracle.EndOfHeader, "end of header");
        Require(header.Width == oracle.Width && header.Height == oracle.Height && header.ComponentCount == oracle.Components, "frame");
        Require(header.HasJfif == oracle.Jfif && header.AdobeTransform == oracle.Adobe, "colour markers");
        foreach (var declared in new ColorSpace?[] { null, ColorSpace.Rgb, ColorSpace.YCbCr, ColorSpace.Gray })
            if (JpegColor.Resolve(header, declared) is { } color) CheckPatch(header, color, data);

        JpegStrips.Join([], [data.ToArray()], Math.Max(1, header.Height), header.Height, out var joined);
        Require(
            joined is null || JpegHeader.Parse(joined) is { } again && again.HasSameFormatAs(header),
            "one strip joined to something else");
    }

    /// <summary>Complete pictures of each colour space and sampling, and one with every marker that matters.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        yield return WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr);
        yield return WhiteJpeg.Create(8, 8, (1, 1), ColorSpace.Rgb);
        yield return WhiteJpeg.Create(8, 8, (1, 1), ColorSpace.Gray);
        var jfif = WhiteJpeg.Create(8, 16, (1, 2), ColorSpace.YCbCr);
        yield return [.. jfif[..20], 0xFF, 0xEE, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 2, 0xFF, 0xDD, 0, 4, 0, 1, .. jfif[20..]];
        yield return [.. jfif[..2], .. jfif[20..^2], 0];
    }

    /// <summary>A patched frame is accepted, its markers tell the colour, and its entropy-coded bytes are the same.</summary>
    private static void CheckPatch(in JpegHeader header, ColorSpace color, ReadOnlySpan<byte> data)
    {
        var output = new byte[data.Length + JpegPatch.MaxGrowth];
        Require(
            JpegPatch.For(header, color).Apply(data, output, out var written) == OperationStatus.Done,
            "patch refused an accepted header");
        var patched = output.AsSpan(0, written);
        Require(JpegHeader.TryParse(patched, out var after) == OperationStatus.Done, "patched header refused");
        Require(JpegColor.Resolve(after, (ColorSpace?)null) == color, "patched markers tell another colour");
        Require(patched[after.EndOfHeader..].SequenceEqual(data[header.EndOfHeader..]), "entropy-coded bytes changed");
        Require(JpegPatch.For(after, color).Kinds == JpegPatchKinds.None, "a patched header wants patching again");
    }

    private static void CheckTables(JpegTables tables, ReadOnlySpan<byte> data)
    {
        Require(tables.Prefix.Length <= data.Length + 2 && tables.Prefix.StartsWith<byte>([0xFF, 0xD8]), "prefix");
        var tile = new byte[] { 0xFF, 0xD8, 1, 2, 3 };
        var output = new byte[tables.MergedLength(tile.Length)];
        Require(tables.Merge(tile, output, out var written) == OperationStatus.Done && written == output.Length, "merge");
    }

    /// <summary>T.81 annex B once more, byte by byte; EndOfHeader 0 = refused or incomplete.</summary>
    private static (int EndOfHeader, int Width, int Height, int Components, bool Jfif, byte? Adobe) Walk(ReadOnlySpan<byte> data)
    {
        (int, int, int, int, bool, byte?) refused = default;
        if (data.Length < 2 || data[0] != 0xFF || data[1] != 0xD8) return refused;
        var (at, width, height, components, jfif) = (2, 0, 0, 0, false);
        byte? adobe = null;
        while (true)
        {
            var fill = 0;
            while (at < data.Length && data[at] == 0xFF) (at, fill) = (at + 1, fill + 1);
            if (fill == 0 || at + 2 >= data.Length) return refused;
            var marker = data[at];
            if (marker is 0 or 1 or >= 0xD0 and <= 0xD9) return refused;
            var length = data[at + 1] * 256 + data[at + 2];
            if (length < 2 || at + 1 + length > data.Length) return refused;
            var body = data.Slice(at + 3, length - 2);
            at += 1 + length;
            switch (marker)
            {
                case 0xDA:
                    return components > 0 && body.Length > 0 && body[0] is >= 1 and <= 4 && body.Length == 4 + 2 * body[0]
                        ? (at, width, height, components, jfif, adobe)
                        : refused;
                case >= 0xC0 and <= 0xCF when marker is not (0xC4 or 0xC8 or 0xCC):
                    if (components > 0 || !IsFrame(body)) return refused;
                    (height, width, components) = (body[1] * 256 + body[2], body[3] * 256 + body[4], body[5]);
                    break;
                case 0xDB when !AreQuantizationTables(body):
                case 0xDD when body.Length != 2:
                    return refused;
                case 0xE0 when body.Length >= 14 && body[..5].SequenceEqual("JFIF\0"u8):
                    jfif = true;
                    break;
                case 0xEE when body.Length >= 12 && body[..5].SequenceEqual("Adobe"u8):
                    adobe = body[11];
                    break;
            }
        }
    }

    private static bool IsFrame(ReadOnlySpan<byte> body)
    {
        if (body.Length < 6 || body[0] == 0 || body[3] + body[4] == 0 || body[5] == 0 || body.Length != 6 + 3 * body[5]) return false;
        for (var i = 0; i < body[5]; i++)
        {
            var (h, v, table) = (body[7 + 3 * i] / 16, body[7 + 3 * i] % 16, body[8 + 3 * i]);
            if (h < 1 || h > 4 || v < 1 || v > 4 || table > 3) return false;
        }

        return true;
    }

    private static bool AreQuantizationTables(ReadOnlySpan<byte> body)
    {
        for (var at = 0; at < body.Length;)
        {
            if (body[at] / 16 > 1 || body[at] % 16 > 3) return false;
            at += body[at] / 16 == 0 ? 65 : 129;
            if (at > body.Length) return false;
        }

        return true;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }
}
