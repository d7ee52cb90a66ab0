using System.Buffers.Binary;
using System.Text;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// An ICC profile for sRGB, for slides without one of their own: DICOM wants a profile of class "input" (PS3.3 C.11.15), which the sRGB
/// profiles one finds are not. Matrix and tone curve as IEC 61966-2-1 has them, adapted to the D50 of ICC.1:2010.
/// </summary>
internal static class SrgbProfile
{
    private const int HeaderBytes = 128;
    private static readonly byte[] Profile = Build();

    /// <summary>The profile; of even length.</summary>
    public static ReadOnlyMemory<byte> Bytes => Profile;

    private static byte[] Build()
    {
        // The three curves are one and the same value.
        var curve = Parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045);
        (string Name, byte[] Value)[] tags =
        [
            ("desc", Text("sRGB")), ("cprt", Text("No copyright, use freely")), ("wtpt", Xyz(0.9642, 1, 0.8249)),
            ("rXYZ", Xyz(0.43607, 0.22249, 0.01392)), ("gXYZ", Xyz(0.38515, 0.71687, 0.09708)), ("bXYZ", Xyz(0.14307, 0.06061, 0.7141)),
            ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
        ];
        var table = new byte[4 + 12 * tags.Length];
        BinaryPrimitives.WriteInt32BigEndian(table, tags.Length);
        var values = new MemoryStream();
        var curveAt = 0;
        for (var i = 0; i < tags.Length; i++)
        {
            var at = HeaderBytes + table.Length + (int)values.Length;
            if (ReferenceEquals(tags[i].Value, curve) && curveAt > 0) at = curveAt;
            else values.Write(tags[i].Value);
            if (ReferenceEquals(tags[i].Value, curve)) curveAt = at;
            var entry = table.AsSpan(4 + 12 * i);
            Encoding.ASCII.GetBytes(tags[i].Name, entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], at);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], tags[i].Value.Length);
        }

        return [.. Header(HeaderBytes + table.Length + (int)values.Length), .. table, .. values.ToArray()];
    }

    private static byte[] Header(int size)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, size);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), 0x04200000); // version 4.2
        Encoding.ASCII.GetBytes("scnrRGB XYZ ", header.AsSpan(12));
        ReadOnlySpan<short> created = [2010, 1, 1, 0, 0, 0]; // fixed: the same bytes in every slide
        for (var i = 0; i < created.Length; i++) BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(24 + 2 * i), created[i]);
        Encoding.ASCII.GetBytes("acsp", header.AsSpan(36));
        Xyz(0.9642, 1, 0.8249).AsSpan(8).CopyTo(header.AsSpan(68)); // illuminant D50
        return header;
    }

    private static byte[] Xyz(double x, double y, double z) => [.. "XYZ "u8, 0, 0, 0, 0, .. Fixed(x), .. Fixed(y), .. Fixed(z)];

    private static byte[] Parametric(double gamma, double a, double b, double c, double d) =>
        [.. "para"u8, 0, 0, 0, 0, 0, 3, 0, 0, .. Fixed(gamma), .. Fixed(a), .. Fixed(b), .. Fixed(c), .. Fixed(d)];

    /// <summary>multiLocalizedUnicodeType with one record, en-US, padded to 4 bytes.</summary>
    private static byte[] Text(string text)
    {
        var utf16 = Encoding.BigEndianUnicode.GetBytes(text);
        var value = new byte[(28 + utf16.Length + 3) / 4 * 4];
        "mluc"u8.CopyTo(value);
        value[11] = 1;
        value[15] = 12;
        "enUS"u8.CopyTo(value.AsSpan(16));
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(20), utf16.Length);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(24), 28);
        utf16.CopyTo(value, 28);
        return value;
    }

    /// <summary>s15Fixed16Number.</summary>
    private static byte[] Fixed(double value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, (int)Math.Round(value * 65536));
        return bytes;
    }
}
