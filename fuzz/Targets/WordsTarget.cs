using Slideport.Slides.Deidentification;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// What de-identification blanks in a frame and in an ICC profile, on any bytes: places lie in order within it, nothing is left when it is done once, and
/// what a decoder reads of the header stays the same.
/// </summary>
internal static class WordsTarget
{
    /// <summary>Runs one input; throws where a promise is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        Frame(data.ToArray());
        if (ProfileWords.Blank(data) is not { } blank) return;
        Require(blank.Length == data.Length, "a profile of another length");
        Require(ProfileWords.Blank(blank) is { } again && again.AsSpan().SequenceEqual(blank), "a blanked profile has something left");
    }

    /// <summary>Frames of either coding with words in them, and profiles.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        byte[] words = [.. "Secret words"u8];
        var jpeg = WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr);
        yield return [.. jpeg[..2], 0xFF, 0xFE, 0, 14, .. words, .. jpeg[2..20], 0xFF, 0xE1, 0, 14, .. words, .. jpeg[20..], .. words];
        yield return WhiteJpeg.Create(8, 8, (1, 1), ColorSpace.Rgb);
        var codestream = WhiteJpeg2000.Create(16, 16, ColorSpace.Rgb, (1, 1));
        var tilePart = codestream.AsSpan().IndexOf<byte>([0xFF, 0x90, 0x00, 0x0A]);
        yield return [.. codestream[..tilePart], 0xFF, 0x64, 0, 16, 0, 1, .. words, .. codestream[tilePart..], .. words];
        var profile = new byte[132 + 24 + 40];
        "acsp"u8.CopyTo(profile.AsSpan(36));
        profile[131] = 2;
        byte[] tags = [.. "desc"u8, 0, 0, 0, 156, 0, 0, 0, 20, .. "rXYZ"u8, 0, 0, 0, 176, 0, 0, 0, 20, .. "desc"u8, 0, 0, 0, 0, .. words, .. "XYZ "u8];
        tags.CopyTo(profile, 132);
        yield return profile;
    }

    private static void Frame(byte[] frame)
    {
        var places = new List<Dicom.FileRange>();
        if (!FrameWords.TryFind(frame, places)) return;
        long at = 2;
        foreach (var place in places)
        {
            Require(place.Offset >= at && place.Length > 0, "places out of order");
            at = place.Offset + place.Length;
        }

        Require(at <= frame.Length, "a place behind the frame");
        var (jpeg, codestream) = (JpegHeader.Parse(frame), Jpeg2000Header.Parse(frame));
        FrameWords.Blank(frame);
        Require(!FrameWords.Blank(frame), "a blanked frame has something left");
        Require(jpeg is not { } before || (JpegHeader.Parse(frame) is { } after && after.HasSameFormatAs(before)), "a JPEG's header means something else");
        Require(codestream is not { } first || Jpeg2000Header.Parse(frame) == first, "a codestream's header means something else");
    }

    private static void Require(bool holds, string promise)
    {
        if (!holds) throw new InvalidOperationException(promise);
    }
}
