using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using static Slideport.Dicom.Tests.Part10.WsiFile;

namespace Slideport.Dicom.Tests.Part10;

public sealed class FrameIndexTests
{
    [Theory]
    [InlineData(OffsetTable.Automatic)]
    [InlineData(OffsetTable.None)]
    [InlineData(OffsetTable.Basic)]
    [InlineData(OffsetTable.Extended)]
    public void Frames_written_one_by_one_are_found_with_every_kind_of_table(OffsetTable table)
    {
        byte[][] frames = [Frame(1), Frame(2, 21), Frame(3, 300), []];
        var lengths = frames.Select(f => (long)f.Length).ToArray();
        using var stream = Start(frames.Length, TransferSyntax.JpegBaseline8Bit);
        var writer = new DicomWriter(stream, TransferSyntax.JpegBaseline8Bit);

        var pixels = new EncapsulatedPixelDataWriter(writer, lengths, table);
        pixels.WriteFrame(frames[0]);
        pixels.StartFrame();
        pixels.Write(frames[1].AsSpan(0, 4));
        pixels.Write(frames[1].AsSpan(4));
        pixels.WriteFrame(frames[2]);
        pixels.WriteFrame(frames[3]);
        pixels.Finish();
        writer.Flush();

        using var temp = new TempFile(stream.ToArray());
        using var file = Part10File.Open(temp.Path);
        var index = file.BuildFrameIndex();
        Assert.Equal(EncapsulatedPixelDataWriter.EncodedLength(lengths, table), writer.BytesWritten);
        Assert.Empty(file.Warnings);
        Assert.Empty(index.Warnings);
        Assert.False(index.HasFragmentedFrames);
        Assert.Equal(stream.Length, file.PixelData!.Offset + file.PixelData.Length);
        for (var i = 0; i < frames.Length; i++)
        {
            Assert.Equal((frames[i].Length + 1) & ~1, index[i].Length);
            Assert.Equal(frames[i], Read(temp.Path, index.Fragments(i))[..frames[i].Length]);
        }
    }

    [Fact]
    public void Frames_that_are_not_what_was_told_are_refused()
    {
        var writer = new DicomWriter(new MemoryStream(), TransferSyntax.JpegBaseline8Bit);
        var pixels = new EncapsulatedPixelDataWriter(writer, [4, 4]);

        Assert.Throws<InvalidOperationException>(() => pixels.WriteFrame(new byte[3]));
        Assert.Throws<InvalidOperationException>(() => pixels.StartFrame());
        pixels.Write(new byte[4]);
        Assert.Throws<InvalidOperationException>(() => pixels.Finish());
        pixels.WriteFrame(new byte[4]);
        Assert.Throws<InvalidOperationException>(() => pixels.WriteFrame(new byte[4]));
        pixels.Finish();
    }

    [Fact]
    public void Fragments_belong_to_the_frames_that_the_basic_table_tells()
    {
        byte[][] fragments = [Frame(1, 10), Frame(2, 6), Frame(3, 12), Frame(4, 4)];

        var (index, read) = Index(2, WithFragments(2, UInt32s(0, 18 + 14), fragments));

        Assert.True(index.HasFragmentedFrames);
        Assert.Equal((16, 2), (index[0].Length, index[0].FragmentCount));
        Assert.Equal([.. fragments[2], .. fragments[3]], read[1]);
        Assert.Empty(index.Warnings);
    }

    [Fact]
    public void All_fragments_belong_to_an_only_frame()
    {
        var (index, read) = Index(1, WithFragments(1, [], [[1, 2], [], [3, 4]]));

        Assert.Equal(3, index[0].FragmentCount);
        Assert.Equal([1, 2, 3, 4], read[0]);
    }

    [Theory]
    [InlineData("0,28,56")] // three entries for two frames
    [InlineData("0")]
    [InlineData("8,36")] // counted from the fragments instead of their items
    [InlineData("28,0")]
    [InlineData("0,0")]
    [InlineData("0,29")]
    [InlineData("0,4294967295")]
    public void A_wrong_basic_table_is_ignored_where_each_fragment_is_a_frame(string table)
    {
        var (index, read) = Index(2, WithFragments(2, UInt32s([.. table.Split(',').Select(uint.Parse)]), [Frame(1), Frame(2)]));

        Assert.Equal([Frame(1), Frame(2)], read);
        Assert.Contains("Basic Offset Table is ignored", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_extended_table_is_ignored()
    {
        byte[][] frames = [Frame(1), Frame(2)];
        var right = UInt64s(0, 28);
        var lengths = UInt64s(20, 20);

        foreach (var (offsets, sizes) in new[]
        {
            (UInt64s(0, 29), lengths), (UInt64s(0), lengths), (right, UInt64s(20, 21)), (right, UInt64s(20, 18)), (right, UInt64s(20)),
            (right, UInt64s(20, ulong.MaxValue)), (UInt64s(0, ulong.MaxValue), lengths), (right, null!), ([], []),
        })
        {
            var (index, read) = Index(2, WithFragments(2, [], frames, true, offsets, sizes));
            Assert.Equal(frames, read);
            Assert.Contains("Extended Offset Table is ignored", Assert.Single(index.Warnings), StringComparison.Ordinal);
        }

        Assert.Empty(Index(2, WithFragments(2, [], frames, true, right, lengths)).Index.Warnings);
        Assert.Empty(Index(2, WithFragments(2, [], frames, true, right, UInt64s(19, 20))).Index.Warnings);
    }

    [Fact]
    public void Without_a_table_frames_begin_where_a_JPEG_begins_behind_the_end_of_another()
    {
        byte[][] fragments = [[0xFF, 0xD8, 1, 1], [0xFF, 0xD8, 0xFF, 0xD9], Frame(3), [0xFF, 0xD8, 3, 3], [4, 0xFF, 0xD9, 0]];

        var (index, read) = Index(3, WithFragments(3, [], fragments));

        Assert.Equal([.. fragments[0], .. fragments[1]], read[0]);
        Assert.Equal([.. fragments[3], .. fragments[4]], read[2]);
        Assert.Contains("JPEG markers", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_fragments_count_only_where_they_are_needed()
    {
        Assert.Equal([Frame(1), Frame(2)], Index(2, WithFragments(2, [], [Frame(1), Frame(2), []])).Frames);
        Assert.Equal([Frame(1), []], Index(2, WithFragments(2, [], [Frame(1), []])).Frames);
    }

    [Fact]
    public void Fragments_that_do_not_add_up_to_the_frames_are_an_error()
    {
        Assert.Contains("too few", Error(3, WithFragments(3, [], [Frame(1), Frame(2)])), StringComparison.Ordinal);
        Assert.Contains("nothing tells", Error(2, WithFragments(2, [], [Frame(1), Frame(2), Frame(3)])), StringComparison.Ordinal);
        Assert.Contains("number of frames is 0", Error(0, WithFragments(0, [], [Frame(1)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Pixel_Data_without_its_delimiter_is_read_and_reported()
    {
        var (index, read) = Index(2, WithFragments(2, [], [Frame(1), Frame(2)], close: false));

        Assert.Equal([Frame(1), Frame(2)], read);
        Assert.Contains("not closed", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_inside_Pixel_Data_is_an_error_or_reported()
    {
        var whole = WithFragments(3, UInt32s(0, 28, 56), [Frame(1), Frame(2), Frame(3)]);
        var start = whole.Length - 8 - 3 * 28 - 12 - 8 - 12;
        for (var length = start; length < whole.Length; length++)
        {
            using var temp = new TempFile(whole.AsSpan(0, length));
            try
            {
                using var file = Part10File.Open(temp.Path);
                if (file.PixelData is null) Assert.Equal(start, length);
                else Assert.NotEmpty(file.BuildFrameIndex().Warnings);
            }
            catch (DicomFormatException error)
            {
                Assert.InRange(error.Offset, 0, length);
            }
        }
    }

    [Fact]
    public void Each_item_length_can_lie()
    {
        var whole = WithFragments(2, UInt32s(0, 28), [Frame(1), Frame(2)]);
        var items = whole.Length - 8 - 2 * 28 - 16;
        foreach (var field in new[] { items + 4, items + 16 + 4, items + 16 + 28 + 4 })
        {
            foreach (var lie in new uint[] { 0, 1, 19, 21, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF })
            {
                var bytes = whole.ToArray();
                BitConverter.TryWriteBytes(bytes.AsSpan(field), lie);
                using var temp = new TempFile(bytes);
                using var file = Part10File.Open(temp.Path);
                Assert.Throws<DicomFormatException>(() => file.BuildFrameIndex());
            }
        }
    }

    [Fact]
    public void Frames_of_native_Pixel_Data_follow_each_other()
    {
        var pixels = Enumerable.Range(0, 36).Select(i => (byte)i).ToArray();
        using var stream = new MemoryStream();
        Part10File.Write(stream, DataSet(2).Set(Tags.PixelData, Vr.OB, pixels), TransferSyntax.ImplicitVrLittleEndian);
        using var temp = new TempFile(stream.ToArray());

        using var file = Part10File.Open(temp.Path);
        var index = file.BuildFrameIndex();

        Assert.False(file.PixelData!.IsEncapsulated);
        Assert.Equal(36, file.PixelData.Length);
        Assert.Equal(pixels[18..], Read(temp.Path, index.Fragments(1)));
        Assert.Throws<DicomFormatException>(() => file.PixelData.BuildFrameIndex(3, 18));
        Assert.Throws<DicomFormatException>(() => file.PixelData.BuildFrameIndex(int.MaxValue, 18));
        Assert.Throws<DicomFormatException>(() => file.PixelData.BuildFrameIndex(1, long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => index[2]);
    }

    [Fact]
    public void Frames_beyond_4_GiB_are_addressed()
    {
        // A file with holes: four fragments of 1.5 GiB each.
        using var temp = new TempFile(Start(4, TransferSyntax.JpegBaseline8Bit).ToArray());
        const uint Length = 3u << 29;
        var lengths = new long[] { Length, Length, Length, Length };
        using (var stream = new FileStream(temp.Path, FileMode.Append))
        {
            var writer = new DicomWriter(stream, TransferSyntax.JpegBaseline8Bit);
            _ = new EncapsulatedPixelDataWriter(writer, lengths);
            writer.Flush();
        }

        using (var handle = File.OpenHandle(temp.Path, FileMode.Open, FileAccess.ReadWrite))
        {
            var position = RandomAccess.GetLength(handle);
            for (var i = 0; i < 4; i++, position += 8L + Length)
            {
                RandomAccess.Write(handle, [0xFE, 0xFF, 0x00, 0xE0, .. BitConverter.GetBytes(Length)], position);
            }

            RandomAccess.Write(handle, [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0], position);
        }

        using var file = Part10File.Open(temp.Path);
        var index = file.BuildFrameIndex();

        Assert.Empty(index.Warnings);
        Assert.Equal(index[0].Offset + 3 * (8L + Length), index[3].Offset);
        Assert.Equal(Length, index[3].Length);
        Assert.Equal(4, file.DataSet.GetInt64s(Tags.ExtendedOffsetTable)!.Length);
        Assert.Throws<ArgumentException>(() => new EncapsulatedPixelDataWriter(new DicomWriter(Stream.Null, TransferSyntax.Jpeg2000), lengths, OffsetTable.Basic));
    }

    [Theory]
    [InlineData(OffsetTable.Basic)]
    [InlineData(OffsetTable.Extended)]
    public void Of_a_file_that_is_far_no_more_items_are_read_than_those_of_the_frames_that_are_asked_for(OffsetTable table)
    {
        const int Count = 500;
        using var stream = Start(Count, TransferSyntax.JpegBaseline8Bit);
        var writer = new DicomWriter(stream, TransferSyntax.JpegBaseline8Bit);
        var pixels = new EncapsulatedPixelDataWriter(writer, [.. Enumerable.Repeat(20L, Count)], table);
        for (var i = 0; i < Count; i++) pixels.WriteFrame(Frame(i % 100));
        pixels.Finish();
        writer.Flush();
        using var far = new FarFile(stream.ToArray());
        using var file = Part10File.Open("far", far);
        var before = far.Reads;

        var index = file.BuildFrameIndex();
        var (first, last) = (index[0], index[Count - 1]);

        Assert.InRange(far.Reads - before, 1, 6);
        Assert.Equal((Count - 1L) * 28, last.Offset - first.Offset);
        Assert.Equal((20, 20), (first.Length, last.Length));
    }

    [Fact]
    public void A_lie_of_an_item_of_a_file_that_is_far_is_found_when_its_frame_is_asked_for()
    {
        var bytes = WithFragments(2, UInt32s(0, 28), [Frame(1), Frame(2)]);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 8 - 28 + 4), 21);
        using var file = Part10File.Open("far", new FarFile(bytes));
        var index = file.BuildFrameIndex();

        Assert.Equal(20, index[0].Length);
        Assert.Throws<DicomFormatException>(() => index[1]);
    }

    private sealed class FarFile(byte[] bytes) : ByteSource
    {
        private readonly ByteSource _bytes = Of(bytes);

        public int Reads { get; private set; }

        public override long Length => bytes.Length;

        public override bool IsFar => true;

        public override int Read(Span<byte> buffer, long offset)
        {
            Reads++;
            return _bytes.Read(buffer, offset);
        }

        protected override void Dispose(bool isDisposing) => _bytes.Dispose();
    }

    private static (FrameIndex Index, byte[][] Frames) Index(int frames, byte[] bytes)
    {
        using var temp = new TempFile(bytes);
        using var file = Part10File.Open(temp.Path);
        var index = file.BuildFrameIndex();
        Assert.Equal(frames, index.Count);
        // Whatever the table says, a file that is far has the same frames.
        using var far = Part10File.Open("far", new FarFile(bytes));
        var there = far.BuildFrameIndex();
        Assert.Equal(Enumerable.Range(0, frames).Select(i => index[i]), Enumerable.Range(0, frames).Select(i => there[i]));
        Assert.Equal(Enumerable.Range(0, frames).SelectMany(index.Fragments), Enumerable.Range(0, frames).SelectMany(there.Fragments));
        Assert.Equal(index.HasFragmentedFrames, there.HasFragmentedFrames);
        return (index, [.. Enumerable.Range(0, frames).Select(i => Read(temp.Path, index.Fragments(i)))]);
    }

    private static string Error(int frames, byte[] bytes) => Assert.Throws<DicomFormatException>(() => Index(frames, bytes)).Message;
}
