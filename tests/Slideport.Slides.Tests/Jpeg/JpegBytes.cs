using System.Buffers.Binary;

namespace Slideport.Slides.Tests.Jpeg;

/// <summary>Puts JPEG streams together marker by marker; the "picture" behind SOS is whatever bytes the test gives.</summary>
internal sealed class JpegBytes
{
    private readonly List<byte> _bytes = [0xFF, 0xD8];

    public static readonly byte[] Entropy = [0x12, 0x34, 0xFF, 0x00, 0x56];

    public JpegBytes Segment(byte marker, params ReadOnlySpan<byte> payload)
    {
        _bytes.AddRange([0xFF, marker, (byte)((payload.Length + 2) >> 8), (byte)((payload.Length + 2) & 0xFF)]);
        foreach (var b in payload) _bytes.Add(b);
        return this;
    }

    public JpegBytes Raw(params ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) _bytes.Add(b);
        return this;
    }

    public JpegBytes Jfif() => Segment(0xE0, "JFIF\0"u8.ToArray().Concat(new byte[] { 1, 1, 0, 0, 1, 0, 1, 0, 0 }).ToArray());

    public JpegBytes Adobe(byte transform) => Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);

    public JpegBytes Quantization(byte value = 1, byte table = 0) => Segment(0xDB, [table, .. Enumerable.Repeat(value, 64)]);

    public JpegBytes Restart(ushort interval) => Segment(0xDD, (byte)(interval >> 8), (byte)(interval & 0xFF));

    /// <summary>A frame header; sampling as 0xHV per component.</summary>
    public JpegBytes Frame(int width, int height, byte[] ids, byte[] sampling, byte marker = 0xC0, byte precision = 8)
    {
        var payload = new byte[6 + 3 * ids.Length];
        payload[0] = precision;
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(1), (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(3), (ushort)width);
        payload[5] = (byte)ids.Length;
        for (var i = 0; i < ids.Length; i++) (payload[6 + 3 * i], payload[7 + 3 * i]) = (ids[i], sampling[i]);
        return Segment(marker, payload);
    }

    public JpegBytes Scan(params byte[] ids) => Segment(0xDA, [(byte)ids.Length, .. ids.SelectMany(id => new byte[] { id, 0 }), 0, 63, 0]);

    public JpegBytes Picture() => Raw(Entropy);

    public byte[] End() => [.. _bytes, 0xFF, 0xD9];

    public byte[] Cut() => [.. _bytes];

    /// <summary>A complete three-component stream with the given markers in front.</summary>
    public static byte[] Color(byte[] ids, byte luma = 0x11, bool jfif = false, byte? adobe = null, int width = 256, int height = 256)
    {
        var jpeg = new JpegBytes();
        if (jfif) jpeg.Jfif();
        if (adobe is { } transform) jpeg.Adobe(transform);
        return jpeg.Quantization().Frame(width, height, ids, [luma, 0x11, 0x11]).Segment(0xC4).Scan(ids).Picture().End();
    }
}
