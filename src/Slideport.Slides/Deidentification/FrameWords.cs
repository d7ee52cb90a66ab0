using System.Buffers.Binary;
using Slideport.Dicom;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Deidentification;

/// <summary>
/// Where a coded frame may hold words: comments and application segments of JPEG (ITU-T T.81, B.2.4) and JPEG-LS, comments of JPEG 2000 (T.800, A.9.2), and
/// whatever lies behind the end of the picture. They are blanked in place: every other byte stays where it is, and no decoder sees a difference.
/// </summary>
internal static class FrameWords
{
    private const int JfifBytes = 14; // "JFIF\0", version, density; a thumbnail may follow
    private const int AdobeBytes = 12; // "Adobe", version, flags, transform
    private const byte Comment = 0xFE;
    private const byte LastApplication = 0xEF;

    // JPEG 2000
    private const ushort Codestream = 0xFF4F;
    private const ushort Comment2000 = 0xFF64;
    private const ushort StartOfTilePart = 0xFF90;
    private const ushort StartOfData = 0xFF93;
    private const ushort EndOfCodestream = 0xFFD9;
    private const int StartOfTilePartBytes = 12;

    /// <summary>Finds them.</summary>
    /// <param name="frame">A whole frame.</param>
    /// <param name="words">Gets their places in the frame, in order.</param>
    /// <returns>False where the coding is another one, or the frame is not sound up to its end: what it holds cannot be told then.</returns>
    public static bool TryFind(ReadOnlySpan<byte> frame, List<FileRange> words)
    {
        words.Clear();
        if (frame.Length < 4) return false;
        if (BinaryPrimitives.ReadUInt16BigEndian(frame) == Codestream) return TryFindIn2000(frame, words);
        return frame is [JpegMarker.Prefix, JpegMarker.StartOfImage, ..] && TryFindInJpeg(frame, words);
    }

    /// <summary>Blanks them.</summary>
    /// <returns>Whether there was anything but zeros.</returns>
    public static bool Blank(Span<byte> frame)
    {
        var (words, any) = (new List<FileRange>(), false);
        if (!TryFind(frame, words)) return false;
        foreach (var range in words)
        {
            var place = frame.Slice((int)range.Offset, (int)range.Length);
            any |= place.ContainsAnyExcept((byte)0);
            place.Clear();
        }

        return any;
    }

    private static void Add(List<FileRange> words, int start, int end)
    {
        if (end > start) words.Add(new FileRange(start, end - start));
    }

    private static bool TryFindInJpeg(ReadOnlySpan<byte> frame, List<FileRange> words)
    {
        var reader = new Segments(frame, 2);
        while (reader.TryMove())
        {
            if (reader.Marker == JpegMarker.EndOfImage)
            {
                Add(words, reader.End, frame.Length);
                return true;
            }

            var payload = frame[reader.Payload..reader.End];
            if (reader.Marker == JpegMarker.StartOfScan)
            {
                reader.SkipCoded();
                if (reader.End == frame.Length) return true; // it has lost its end, and nothing lies behind
            }
            else if (reader.Marker == JpegMarker.App0 && JpegHeader.IsJfif(payload)) Add(words, reader.Payload + JfifBytes, reader.End);
            else if (reader.Marker == JpegMarker.App14 && JpegHeader.IsAdobe(payload)) Add(words, reader.Payload + AdobeBytes, reader.End);
            else if (reader.Marker is Comment or (>= JpegMarker.App0 and <= LastApplication)) Add(words, reader.Payload, reader.End);
        }

        return false;
    }

    private static bool TryFindIn2000(ReadOnlySpan<byte> frame, List<FileRange> words)
    {
        var (at, tilePart, tilePartEnd) = (2, -1, 0);
        while (at + 4 <= frame.Length)
        {
            var marker = BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
            if (marker == StartOfData)
            {
                if (tilePart < 0) return false;
                // Of the last tile-part the length may be left open.
                at = tilePartEnd;
                tilePart = -1;
                if (at + 2 > frame.Length) return false;
                if (BinaryPrimitives.ReadUInt16BigEndian(frame[at..]) != EndOfCodestream) continue;
                Add(words, at + 2, frame.Length);
                return true;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(frame[(at + 2)..]);
            if (marker < 0xFF00 || length < 2 || at + 2 + length > frame.Length) return false;
            if (marker == StartOfTilePart)
            {
                if (tilePart >= 0 || length + 2 != StartOfTilePartBytes) return false;
                tilePart = at;
                var stated = BinaryPrimitives.ReadUInt32BigEndian(frame[(at + 6)..]);
                var end = stated == 0 ? JpegEnd.TrimmedLength(frame, at) - 2 : at + (long)stated;
                if (end <= at || end > frame.Length) return false;
                tilePartEnd = (int)end;
            }
            else if (marker == Comment2000)
            {
                Add(words, at + 6, at + 2 + length); // behind the length and what kind of comment it is
            }

            at += 2 + length;
        }

        return false;
    }

    // As JpegSegmentReader, but also behind the first scan, and for JPEG-LS, whose coded data stuffs a bit behind FF.
    private ref struct Segments(ReadOnlySpan<byte> data, int at)
    {
        private readonly ReadOnlySpan<byte> _data = data;

        public byte Marker { get; private set; }

        public int Payload { get; private set; }

        public int End { get; private set; } = at;

        public bool TryMove()
        {
            var at = End;
            if (at >= _data.Length || _data[at] != JpegMarker.Prefix) return false;
            while (at < _data.Length && _data[at] == JpegMarker.Prefix) at++;
            if (at >= _data.Length) return false;
            Marker = _data[at++];
            Payload = End = at;
            if (Marker == JpegMarker.EndOfImage) return true;
            if (Marker is 0 or JpegMarker.Temporary or (>= JpegMarker.FirstRestart and <= JpegMarker.StartOfImage) || at + 2 > _data.Length) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(_data[at..]);
            if (length < 2 || at + length > _data.Length) return false;
            (Payload, End) = (at + 2, at + length);
            return true;
        }

        // To the next marker that is no restart.
        public void SkipCoded()
        {
            for (var at = End; ;)
            {
                var next = _data[at..].IndexOf(JpegMarker.Prefix);
                if (next < 0 || at + next + 1 >= _data.Length)
                {
                    End = _data.Length;
                    return;
                }

                at += next;
                var code = _data[at + 1];
                if (code is >= 0x80 and not JpegMarker.Prefix and not (>= JpegMarker.FirstRestart and < JpegMarker.StartOfImage))
                {
                    End = at;
                    return;
                }

                at += code == JpegMarker.Prefix ? 1 : 2;
            }
        }
    }
}
