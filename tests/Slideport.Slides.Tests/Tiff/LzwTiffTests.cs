using System.Buffers;
using CsCheck;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Tiff;

public sealed class LzwTiffTests
{
    [Fact]
    public void Known_vector_of_the_specification_is_met()
    {
        // The example of TIFF 6.0, section 13: Clear, the codes of the text, EndOfInformation, nine bits each.
        byte[] text = [7, 7, 7, 8, 8, 7, 7, 6, 6];
        int[] codes = [256, 7, 258, 8, 8, 258, 6, 6, 257];
        var bits = string.Concat(codes.Select(code => Convert.ToString(code, 2).PadLeft(9, '0'))).PadRight(88, '0');

        Assert.Equal(bits, string.Concat(LzwTiff.Encode(text).Select(b => Convert.ToString(b, 2).PadLeft(8, '0'))));
    }

    [Fact]
    public void Any_bytes_survive()
    {
        // Few symbols make long strings, many make the table run full; long inputs clear it several times.
        var inputs =
            from symbols in Gen.Int[1, 256]
            from length in Gen.Int[0, 60_000]
            from seed in Gen.Int
            select (symbols, length, seed);

        inputs.Sample(
            input =>
            {
                var random = new Random(input.seed);
                var bytes = new byte[input.length];
                for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.Next(input.symbols);

                var output = new byte[bytes.Length];
                var status = LzwTiff.Decode(LzwTiff.Encode(bytes), output, out var written);

                return status == OperationStatus.Done && written == bytes.Length && output.AsSpan().SequenceEqual(bytes);
            },
            iter: 200);
    }

    [Fact]
    public void Widths_change_where_every_decoder_expects_it()
    {
        // One new string a byte: passes 510, 511, 512 and the like one by one.
        for (var length = 200; length < 4400; length += length is > 250 and < 260 or > 500 and < 520 or > 1020 and < 1030 or > 3830 and < 3850 ? 1 : 97)
        {
            var random = new Random(length);
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var output = new byte[length + 1];

            Assert.Equal(OperationStatus.Done, LzwTiff.Decode(LzwTiff.Encode(bytes), output, out var written));
            Assert.Equal(length, written);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Predictor_is_undone(int samples)
    {
        var picture = TestPicture.Gradient(50 * samples / 3 + 1, 20);
        var pixels = picture.Rgb[..(17 * samples * 5)];
        var decoded = new byte[pixels.Length];

        LzwTiff.Decode(LzwTiff.Encode(pixels, 17, samples), decoded, out _);
        Assert.NotEqual(pixels, decoded);
        LzwTiff.UndoDifference(decoded, 17, samples);

        Assert.Equal(pixels, decoded);
    }

    [Fact]
    public void Real_label_decodes_strip_by_strip_and_encodes_to_as_little()
    {
        using var svs = SvsFile.Open(RealSlides.Path("CMU-1-Small-Region.svs"));
        var label = svs.Label!;
        var rows = new List<byte>();
        var strips = 0L;
        for (var i = 0; i < label.Strips.Count; i++)
        {
            var height = Math.Min(label.RowsPerStrip, label.Height - i * label.RowsPerStrip);
            var strip = new byte[3 * label.Width * height];
            var data = svs.Read(label.Strips[i], new byte[label.Strips[i].Length]);
            Assert.Equal(OperationStatus.Done, LzwTiff.Decode(data, strip, out var written));
            Assert.Equal(strip.Length, written);
            LzwTiff.UndoDifference(strip, label.Width, 3);
            rows.AddRange(strip);
            strips += data.Length;
        }

        Assert.InRange(LzwTiff.Encode(rows.ToArray(), label.Width, 3).Length, 1, strips);
        Assert.True(rows.Distinct().Count() > 100);
    }

    [Fact]
    public void Every_prefix_needs_more_data_and_damage_is_never_fatal()
    {
        var bytes = TestPicture.Gradient(40, 20).Rgb;
        var code = LzwTiff.Encode(bytes);
        var output = new byte[bytes.Length + 1];
        for (var length = 0; length < code.Length - 2; length++)
            Assert.Equal(OperationStatus.NeedMoreData, LzwTiff.Decode(code.AsSpan(0, length), output, out _));

        Gen.Int[0, code.Length - 1].Select(Gen.Byte).Array[1, 8].Sample(edits =>
        {
            var damaged = (byte[])code.Clone();
            foreach (var (at, value) in edits) damaged[at] = value;
            LzwTiff.Decode(damaged, new byte[bytes.Length], out var written);
            return written <= bytes.Length;
        });
    }

    [Fact]
    public void A_code_without_a_string_and_the_old_bit_order_are_refused()
    {
        Assert.Equal(OperationStatus.InvalidData, LzwTiff.Decode([0x80, 0x40, 0x80, 0, 0], new byte[10], out _));
        Assert.Equal(OperationStatus.InvalidData, LzwTiff.Decode([0x00, 0x01, 0xFF, 0xFF, 0xFF, 0xFF], new byte[10], out _));
    }

    [Fact]
    public void A_full_output_ends_decoding_inside_a_string()
    {
        var output = new byte[7];

        Assert.Equal(OperationStatus.Done, LzwTiff.Decode(LzwTiff.Encode(new byte[100]), output, out var written));
        Assert.Equal(7, written);
    }
}
