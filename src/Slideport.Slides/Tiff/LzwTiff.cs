using System.Buffers;

namespace Slideport.Slides.Tiff;

/// <summary>
/// LZW as TIFF 6.0 (sections 13 and 14) has it: codes of 9 to 12 bits, most significant bit first, the width growing one code early, and
/// optional horizontal differencing. Encoded data begins with a Clear code (first byte 80), by which de-identification tools know a label.
/// </summary>
public static class LzwTiff
{
    private const int Clear = 256;
    private const int EndOfInformation = 257;
    private const int FirstString = 258;
    private const int MinWidth = 9;
    private const int MaxCodes = 4096;

    /// <summary>Encodes 8-bit samples with Predictor 2. The pixels are not changed.</summary>
    /// <param name="pixels">Rows without padding, samples interleaved.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="samplesPerPixel">Samples in a pixel.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int samplesPerPixel)
    {
        var differences = ArrayPool<byte>.Shared.Rent(pixels.Length);
        try
        {
            pixels.CopyTo(differences);
            Difference(differences.AsSpan(0, pixels.Length), width, samplesPerPixel);
            return Encode(differences.AsSpan(0, pixels.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(differences);
        }
    }

    /// <summary>Encodes bytes as they are.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        var output = new CodeWriter(bytes.Length);
        var strings = new StringTable();
        var width = MinWidth;
        var next = FirstString;
        output.Write(Clear, width);
        var current = -1;
        foreach (var b in bytes)
        {
            if (current < 0)
            {
                current = b;
            }
            else if (strings.Find(current, b) is var found and >= 0)
            {
                current = found;
            }
            else
            {
                output.Write(current, width);
                strings.Add(current, b, next++);
                // The decoder is one string behind, so the width grows when it knows the last code that fits: "early change".
                if (next == MaxCodes - 1)
                {
                    output.Write(Clear, width);
                    strings.Clear();
                    (width, next) = (MinWidth, FirstString);
                }
                else if (next == 1 << width)
                {
                    width++;
                }

                current = b;
            }
        }

        if (current >= 0)
        {
            output.Write(current, width);
            if (++next == 1 << width) width++;
        }

        output.Write(EndOfInformation, Math.Min(width, 12));
        return output.Finish();
    }

    /// <summary>Decodes until the output is full or the data says it ends.</summary>
    /// <param name="data">One strip or tile.</param>
    /// <param name="output">Room for exactly the bytes expected; what the data has beyond is not decoded.</param>
    /// <param name="written">Bytes decoded.</param>
    /// <returns>
    /// Done when the output is full or the data ended by its own code; NeedMoreData when the data stops before; InvalidData for a code that
    /// has no string yet, or data of the pre-6.0 kind that begins with the least significant bit.
    /// </returns>
    public static OperationStatus Decode(ReadOnlySpan<byte> data, Span<byte> output, out int written)
    {
        var prefix = new ushort[MaxCodes];
        var length = new ushort[MaxCodes];
        var suffix = new byte[MaxCodes];
        for (var i = 0; i < Clear; i++) (suffix[i], length[i]) = ((byte)i, 1);

        written = 0;
        var (width, next, previous) = (MinWidth, FirstString, -1);
        ulong bits = 0;
        var (count, at) = (0, 0);
        while (written < output.Length)
        {
            while (count < width)
            {
                if (at == data.Length) return OperationStatus.NeedMoreData;
                bits = (bits & 0xFFFFFF) << 8 | data[at++];
                count += 8;
            }

            count -= width;
            var code = (int)(bits >> count & (1UL << width) - 1);
            if (code == EndOfInformation) return OperationStatus.Done;
            if (code == Clear)
            {
                (width, next, previous) = (MinWidth, FirstString, -1);
                continue;
            }

            // The one code ahead of the table is the previous string with its own first byte appended.
            if (code > next || (code >= Clear && previous < 0)) return OperationStatus.InvalidData;
            if (previous >= 0 && next < MaxCodes)
            {
                prefix[next] = (ushort)previous;
                length[next] = (ushort)(length[previous] + 1);
                suffix[next] = FirstByte(code == next ? previous : code, prefix, suffix);
                next++;
                if (next == (1 << width) - 1 && width < 12) width++;
            }

            if (code >= next) return OperationStatus.InvalidData;
            written += Expand(code, prefix, suffix, length[code], output[written..]);
            previous = code;
        }

        return OperationStatus.Done;
    }

    /// <summary>Undoes Predictor 2 on 8-bit samples: each is the difference to the one a pixel to the left, modulo 256.</summary>
    public static void UndoDifference(Span<byte> pixels, int width, int samplesPerPixel)
    {
        var row = checked(width * samplesPerPixel);
        for (var start = 0; start <= pixels.Length - row && row > 0; start += row)
        {
            var line = pixels.Slice(start, row);
            for (var i = samplesPerPixel; i < line.Length; i++) line[i] = (byte)((line[i] + line[i - samplesPerPixel]) & 0xFF);
        }
    }

    private static void Difference(Span<byte> pixels, int width, int samplesPerPixel)
    {
        var row = checked(width * samplesPerPixel);
        for (var start = 0; start <= pixels.Length - row && row > 0; start += row)
        {
            var line = pixels.Slice(start, row);
            for (var i = line.Length - 1; i >= samplesPerPixel; i--) line[i] = (byte)((line[i] - line[i - samplesPerPixel]) & 0xFF);
        }
    }

    private static byte FirstByte(int code, ushort[] prefix, byte[] suffix)
    {
        // A prefix is always an older code than its string, so this ends.
        while (code >= FirstString) code = prefix[code];
        return suffix[code];
    }

    /// <summary>Writes a string from its end; cuts what does not fit.</summary>
    private static int Expand(int code, ushort[] prefix, byte[] suffix, int length, Span<byte> output)
    {
        var fits = Math.Min(length, output.Length);
        for (var i = length - 1; i >= 0; i--)
        {
            if (i < fits) output[i] = suffix[code];
            code = prefix[code];
        }

        return fits;
    }

    /// <summary>Codes into bytes, most significant bit first.</summary>
    private sealed class CodeWriter(int expectedBytes)
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(Math.Max(16, expectedBytes / 2));
        private uint _bits;
        private int _count;

        public void Write(int code, int width)
        {
            _bits = (_bits & 0xFFFF) << width | (uint)code;
            for (_count += width; _count >= 8; _count -= 8) Put((byte)(_bits >> (_count - 8) & 0xFF));
        }

        public byte[] Finish()
        {
            if (_count > 0) Put((byte)(_bits << (8 - _count) & 0xFF));
            return _bytes.WrittenSpan.ToArray();
        }

        private void Put(byte value)
        {
            _bytes.GetSpan(1)[0] = value;
            _bytes.Advance(1);
        }
    }

    /// <summary>Strings known to the encoder: (code of the prefix, next byte) to code, in open addressing.</summary>
    private sealed class StringTable
    {
        private const int Size = 4 * MaxCodes;

        private readonly int[] _keys = new int[Size];
        private readonly ushort[] _codes = new ushort[Size];

        public int Find(int prefix, byte suffix)
        {
            var key = Key(prefix, suffix);
            for (var slot = Slot(key); _keys[slot] != 0; slot = (slot + 1) & (Size - 1))
                if (_keys[slot] == key) return _codes[slot];
            return -1;
        }

        public void Add(int prefix, byte suffix, int code)
        {
            var key = Key(prefix, suffix);
            var slot = Slot(key);
            while (_keys[slot] != 0) slot = (slot + 1) & (Size - 1);
            (_keys[slot], _codes[slot]) = (key, (ushort)code);
        }

        public void Clear() => Array.Clear(_keys);

        // Never 0, which marks a free slot.
        private static int Key(int prefix, byte suffix) => (prefix << 8 | suffix) + 1;

        // Fibonacci hashing of a key of 20 bits to 14.
        private static int Slot(int key) => (int)(unchecked((uint)key * 2654435769u) >> 18);
    }
}
