using System.Text;
using Slideport.Dicom;
using Slideport.Slides.Deidentification;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;

namespace Slideport.Slides.Tests.Deidentification;

public sealed class FrameWordsTests
{
    private static readonly byte[] Words = Encoding.ASCII.GetBytes("Secret words");

    [Fact]
    public void Comments_applications_thumbnails_and_what_lies_behind_the_end_are_words()
    {
        var jpeg = WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr); // its JFIF segment has 18 bytes
        byte[] jfif = [0xFF, 0xE0, 0, (byte)(16 + Words.Length), .. jpeg[6..20], .. Words];
        byte[] adobe = [0xFF, 0xEE, 0, (byte)(14 + Words.Length), .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 1, .. Words];
        byte[] frame = [.. jpeg[..2], .. jfif, .. Segment(0xFE), .. adobe, .. Segment(0xED), .. jpeg[20..], .. Words];

        Assert.True(FrameWords.Blank(frame));

        Assert.True(frame.AsSpan().IndexOf(Words) < 0);
        Assert.Equal(JpegHeader.Parse(jpeg)!.Value.Width, JpegHeader.Parse(frame)!.Value.Width);
        Assert.True(JpegHeader.Parse(frame)!.Value.HasJfif);
        Assert.False(FrameWords.Blank(frame)); // nothing is left
    }

    [Fact]
    public void Words_behind_the_first_scan_are_found_and_coded_bytes_are_not_taken_for_any()
    {
        var jpeg = WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr);
        byte[] frame = [.. jpeg[..^2], 0xFF, 0x00, 0xFF, 0xD0, 0x12, 0xFF, 0x7F, .. Segment(0xFE), .. jpeg[^2..], 0];
        byte[] before = [.. frame];

        Assert.True(FrameWords.Blank(frame));

        Assert.True(frame.AsSpan().IndexOf(Words) < 0);
        Assert.Equal(before[..(jpeg.Length + 5)], frame[..(jpeg.Length + 5)]);
        Assert.Equal(before[^3..], frame[^3..]);
    }

    [Fact]
    public void Comments_of_JPEG_2000_are_words_in_every_header()
    {
        var codestream = WhiteJpeg2000.Create(16, 16, ColorSpace.Rgb, (1, 1));
        var tilePart = codestream.AsSpan().IndexOf<byte>([0xFF, 0x90, 0x00, 0x0A]);
        byte[] comment = [0xFF, 0x64, 0, (byte)(4 + Words.Length), 0, 1, .. Words];
        byte[] frame = [.. codestream[..tilePart], .. comment, .. codestream[tilePart..(tilePart + 12)], .. comment, .. codestream[(tilePart + 12)..], .. Words];
        var stated = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(codestream.AsSpan(tilePart + 6));
        if (stated != 0)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(tilePart + comment.Length + 6), stated + (uint)comment.Length);

        Assert.True(FrameWords.Blank(frame));

        Assert.True(frame.AsSpan().IndexOf(Words) < 0);
        Assert.NotNull(Jpeg2000Header.Parse(frame));
        Assert.False(FrameWords.Blank(frame));
    }

    [Fact]
    public void Other_codings_and_frames_cut_in_their_header_are_not_said_to_hold_none()
    {
        var jpeg = WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr);
        var header = JpegHeader.Parse(jpeg)!.Value.EndOfHeader;

        Assert.False(FrameWords.TryFind(Words, []));
        Assert.False(FrameWords.TryFind([0, 0, 0, 12, .. "jP  "u8, 13, 10, 0x87, 10], []));
        for (var length = 0; length < header; length++)
            Assert.False(FrameWords.TryFind(jpeg.AsSpan(0, length), []));
    }

    // On any bytes: what is found lies in the frame, in order, and nothing is left when it is blanked.
    [Fact]
    public void Damaged_frames_neither_throw_nor_are_blanked_outside_themselves()
    {
        var random = new Random(7);
        byte[][] seeds = [[.. WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr)], [.. WhiteJpeg2000.Create(16, 16, ColorSpace.Rgb, (1, 1))]];
        for (var i = 0; i < 20_000; i++)
        {
            byte[] frame = [.. seeds[i % 2]];
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                frame[random.Next(2, frame.Length)] = (byte)random.Next(256);
            var words = new List<FileRange>();
            if (!FrameWords.TryFind(frame, words))
                continue;
            long at = 2;
            foreach (var range in words)
            {
                Assert.True(range.Offset >= at && range.Length > 0);
                at = range.Offset + range.Length;
            }

            Assert.True(at <= frame.Length);
            FrameWords.Blank(frame);
            Assert.False(FrameWords.Blank(frame));
        }
    }

    private static byte[] Segment(byte marker) => [0xFF, marker, 0, (byte)(Words.Length + 2), .. Words];
}
