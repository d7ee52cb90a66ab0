using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// The data set reader. The first byte picks the transfer syntax, the rest is the data set. What the reader accepts must be the same
/// through
/// a stream that cannot seek, and the same again when written and read once more.
/// </summary>
internal static class DataSetTarget
{
    private static readonly TransferSyntax[] Syntaxes =
        [TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian];

    private static readonly DicomReaderLimits Limits = new() { MaxLoadedValueBytes = 1 << 20, MaxLoadedElements = 1 << 16 };

    /// <summary>Runs one input; throws where the reader did what it must not.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        var syntax = Syntaxes[data[0] % Syntaxes.Length];
        var bytes = data[1..].ToArray();

        var set = TryLoad(new DicomReader(bytes, syntax, Limits), out var isTolerated);
        using var stream = new MemoryStream(bytes);
        using var narrow = new NarrowStream(stream);
        var streamed = TryLoad(new DicomReader(narrow, syntax, Limits), out _);
        if (set is null != streamed is null) throw new InvalidOperationException("A stream that cannot seek is judged differently");
        if (set is null) return;
        Compare(set, streamed!, sameVrs: true);

        if (HasOddUnknown(set)) return; // padding may make a sequence of it
        Compare(set, WriteAndRead(set, TransferSyntax.ExplicitVrLittleEndian, SequenceLengths.Undefined), sameVrs: true);
        Compare(set, WriteAndRead(set, TransferSyntax.ExplicitVrLittleEndian, SequenceLengths.Defined), sameVrs: true);
        if (syntax.IsImplicit && !isTolerated) Compare(set, WriteAndRead(set, syntax, SequenceLengths.Undefined), sameVrs: false);
        ReadEveryValue(set);
    }

    /// <summary>Data sets with every kind of element, to begin with: one for each syntax that is written, and big endian by hand.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        var set = new DicomDataSet()
            .Set(Tags.SpecificCharacterSet, "", "ISO 2022 IR 87")
            .Set(Tags.ImageType, "ORIGINAL", "PRIMARY", "VOLUME", "NONE")
            .Set(Tags.PatientName, "Yamada^Tarou=山田^太郎")
            .Set(Tags.Rows, 256)
            .Set(Tags.ImagedVolumeWidth, 1.5)
            .Set(Tags.PixelSpacing, 0.0005, 0.0005)
            .Set(Tags.ExtendedOffsetTable, 0)
            .Set(Tags.OpticalPathSequence, new DicomDataSet()
                .Set(Tags.ICCProfile, new byte[10])
                .Set(Tags.IlluminationTypeCodeSequence, new DicomDataSet().Set(Tags.CodeValue, "111744"), new DicomDataSet()))
            .SetFragments(Tags.PixelData, Vr.OB,
                [new DicomFragment(Array.Empty<byte>()), new DicomFragment(new byte[] { 0xFF, 0xD8, 0xFF, 0xD9 })]);
        yield return [0, .. set.ToBytes(Syntaxes[0])];
        set.Remove(Tags.PixelData);
        yield return [1, .. set.ToBytes(Syntaxes[1])];
        yield return [2, 0, 0x28, 0, 0x10, (byte)'U', (byte)'S', 0, 2, 1, 0, 0, 0x48, 1, 5, (byte)'S', (byte)'Q', 0, 0, 0, 0, 0, 0];
    }

    private static DicomDataSet? TryLoad(DicomReader reader, out bool isTolerated)
    {
        isTolerated = false;
        try
        {
            var set = DicomDataSet.Load(reader);
            isTolerated = reader.Warnings.Count > 0;
            return set;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static DicomDataSet WriteAndRead(DicomDataSet set, TransferSyntax syntax, SequenceLengths lengths)
    {
        using var stream = new MemoryStream();
        var writer = new DicomWriter(stream, syntax, lengths);
        writer.Write(set);
        writer.Flush();
        return DicomDataSet.Load(new DicomReader(stream.ToArray(), syntax, Limits));
    }

    private static void Compare(DicomDataSet left, DicomDataSet right, bool sameVrs)
    {
        var open = new Stack<(DicomDataSet Left, DicomDataSet Right)>([(left, right)]);
        while (open.TryPop(out var pair))
        {
            if (pair.Left.Elements.Count != pair.Right.Elements.Count)
            {
                throw new InvalidOperationException("The number of elements differs");
            }

            foreach (var (a, b) in pair.Left.Elements.Zip(pair.Right.Elements))
            {
                CompareElements(a, b, pair.Left, pair.Right, sameVrs);
                foreach (var items in a.Items.Zip(b.Items)) open.Push(items);
            }
        }
    }

    private static void CompareElements(DicomElement a, DicomElement b, DicomDataSet left, DicomDataSet right, bool sameVrs)
    {
        if (a.Tag != b.Tag) throw new InvalidOperationException($"{a.Tag} became {b.Tag}");
        var isTooLong = b.Vr == Vr.UN && !a.Vr.HasLongLength && left.GetBytes(a.Tag)?.Length > ushort.MaxValue;
        if (sameVrs && a.Vr != b.Vr && !isTooLong) throw new InvalidOperationException($"{a.Tag} had VR {a.Vr}, now {b.Vr}");
        if (a.Items.Count != b.Items.Count || a.Fragments.Count != b.Fragments.Count)
        {
            throw new InvalidOperationException($"{a.Tag} has another number of items or fragments");
        }

        foreach (var (x, y) in a.Fragments.Zip(b.Fragments)) CompareBytes(a, x.Bytes!.Value.Span, y.Bytes!.Value.Span);
        CompareBytes(a, left.GetBytes(a.Tag), right.GetBytes(b.Tag));
    }

    /// <summary>Equal, or longer by the padding that makes the length even.</summary>
    private static void CompareBytes(DicomElement element, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var isPadded = a.Length % 2 != 0 && b.Length == a.Length + 1;
        if (!b.StartsWith(a) || (b.Length != a.Length && !isPadded))
        {
            throw new InvalidOperationException($"The value of {element.Tag} differs");
        }
    }

    private static bool HasOddUnknown(DicomDataSet root)
    {
        var open = new Stack<DicomDataSet>([root]);
        while (open.TryPop(out var set))
        {
            foreach (var element in set.Elements)
            {
                if (element.Vr == Vr.UN && set.GetBytes(element.Tag)?.Length % 2 == 1) return true;
                foreach (var item in element.Items) open.Push(item);
            }
        }

        return false;
    }

    /// <summary>No getter may throw, whatever the value.</summary>
    private static void ReadEveryValue(DicomDataSet root)
    {
        var open = new Stack<DicomDataSet>([root]);
        while (open.TryPop(out var set))
        {
            foreach (var element in set.Elements)
            {
                _ = set.GetStrings(element.Tag);
                _ = set.GetInt32(element.Tag);
                _ = set.GetInt64s(element.Tag);
                _ = set.GetDouble(element.Tag);
                _ = set.GetDoubles(element.Tag);
                _ = set.GetPersonName(element.Tag)?.ToString();
                foreach (var item in element.Items) open.Push(item);
            }
        }
    }

    /// <summary>Gives a few bytes at a time and cannot seek, as a network does.</summary>
    private sealed class NarrowStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(buffer.Length, 7)]);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
