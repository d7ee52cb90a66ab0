using System.Buffers.Binary;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>ICC profiles (ICC.1:2010) of scanners there are none of.</summary>
internal static class TestProfile
{
    private const int HeaderBytes = 128;

    private static readonly (double X, double Y, double Z) Red = (0.43607, 0.22249, 0.01392);
    private static readonly (double X, double Y, double Z) Green = (0.38515, 0.71687, 0.09708);
    private static readonly (double X, double Y, double Z) Blue = (0.14307, 0.06061, 0.7141);

    /// <summary>What sRGB has, with red for blue and blue for red.</summary>
    internal static byte[] Exchanged { get; } = Build((Blue, Green, Red), Curve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045));

    /// <summary>sRGB's primaries, and a curve of its own.</summary>
    internal static byte[] Dark { get; } = Build((Red, Green, Blue), Curve(3, 1, 0, 0, 0));

    /// <summary>A curve of the parametric type 3 (ICC.1, 10.18).</summary>
    private static byte[] Curve(double gamma, double a, double b, double c, double d) => [.. "para"u8, 0, 0, 0, 0, 0, 3, 0, 0, .. Fixed(gamma), .. Fixed(a), .. Fixed(b), .. Fixed(c), .. Fixed(d)];

    private static byte[] Build(((double X, double Y, double Z) Red, (double X, double Y, double Z) Green, (double X, double Y, double Z) Blue) primaries, byte[] curve)
    {
        (string Name, byte[] Value)[] tags =
        [
            ("wtpt", Xyz((0.9642, 1, 0.8249))), ("rXYZ", Xyz(primaries.Red)), ("gXYZ", Xyz(primaries.Green)), ("bXYZ", Xyz(primaries.Blue)), ("rTRC", curve), ("gTRC", curve), ("bTRC", curve),
        ];
        var at = HeaderBytes + 4 + 12 * tags.Length;
        var profile = new byte[at + tags.Sum(t => t.Value.Length)];
        BinaryPrimitives.WriteInt32BigEndian(profile, profile.Length);
        BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(8), 0x04200000);
        "scnrRGB XYZ "u8.CopyTo(profile.AsSpan(12));
        "acsp"u8.CopyTo(profile.AsSpan(36));
        Xyz((0.9642, 1, 0.8249)).AsSpan(8).CopyTo(profile.AsSpan(68));
        BinaryPrimitives.WriteInt32BigEndian(profile.AsSpan(HeaderBytes), tags.Length);
        for (var i = 0; i < tags.Length; i++)
        {
            var entry = profile.AsSpan(HeaderBytes + 4 + 12 * i);
            System.Text.Encoding.ASCII.GetBytes(tags[i].Name, entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], at);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], tags[i].Value.Length);
            tags[i].Value.CopyTo(profile.AsSpan(at));
            at += tags[i].Value.Length;
        }

        return profile;
    }

    private static byte[] Xyz((double X, double Y, double Z) color) => [.. "XYZ "u8, 0, 0, 0, 0, .. Fixed(color.X), .. Fixed(color.Y), .. Fixed(color.Z)];

    /// <summary>s15Fixed16Number.</summary>
    private static byte[] Fixed(double value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, (int)Math.Round(value * 65536));
        return bytes;
    }
}
