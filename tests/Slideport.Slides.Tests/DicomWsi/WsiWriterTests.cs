using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Slides.Tests.DicomWsi;

public sealed class WsiWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Concatenations_of_any_limit_reassemble_to_the_same_frames() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[20, 400], Gen.Enum<DicomLayout>()).Sample((maxFrames, maxBytes, layout) =>
        {
            var image = Level(4, 3);
            var options = new WsiWriterOptions { MaxFramesPerInstance = maxFrames, MaxBytesPerInstance = maxBytes, Layout = layout, Flush = false };
            var parts = Write(image, options).Select(path => new WrittenInstance(path)).ToList();

            var order = Enumerable.Range(0, 12).Select(i => layout == DicomLayout.ThreeD ? i % 3 * 4 + i / 3 : i);
            Assert.Equal(order.Select(Content), parts.SelectMany(part => part.Frames).Select(frame => frame.ToArray()));
            Assert.All(parts, part => Assert.Equal(part.ItemOffsets, part.BasicOffsets));
            Assert.All(parts, part => Assert.InRange(part.Frames.Count, 1, maxFrames));
            Assert.All(parts, part => Assert.Equal(part.Frames.Count, part.Set.GetInt32(Tags.NumberOfFrames)));
            if (parts.Count == 1) return;
            Assert.Equal(Enumerable.Range(1, parts.Count), parts.Select(part => part.Set.GetInt32(Tags.InConcatenationNumber)!.Value));
            Assert.Single(parts.Select(part => part.Set.GetString(Tags.ConcatenationUID)).Distinct());
            Assert.Single(parts.Select(part => part.Set.GetString(Tags.SOPInstanceUIDOfConcatenationSource)).Distinct());
            var before = 0;
            foreach (var part in parts)
            {
                Assert.Equal(before, part.Set.GetInt32(Tags.ConcatenationFrameOffsetNumber));
                before += part.Frames.Count;
            }
        }, iter: 40);

    [Fact]
    public void An_extended_offset_table_can_replace_the_basic_one()
    {
        var instance = new WrittenInstance(Write(Level(4, 3), new WsiWriterOptions { OffsetTable = OffsetTable.Extended })[0]);

        Assert.Empty(instance.BasicOffsets);
        Assert.Equal(instance.ItemOffsets, instance.Set.GetInt64s(Tags.ExtendedOffsetTable)!);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)Content(i, padded: false).Length), instance.Set.GetInt64s(Tags.ExtendedOffsetTableLengths)!);
    }

    [Fact]
    public void A_hole_is_left_out_where_frames_have_positions()
    {
        var instance = new WrittenInstance(Write(Level(4, 3, holes: [0, 5]), new WsiWriterOptions { Layout = DicomLayout.Sparse })[0]);

        Assert.Equal(10, instance.Set.GetInt32(Tags.NumberOfFrames));
        Assert.Equal(Enumerable.Range(0, 12).Except([0, 5]).Select(i => (i % 4, i / 4)), instance.Positions);
    }

    [Fact]
    public void A_hole_is_an_error_in_TILED_FULL_and_leaves_no_file()
    {
        var error = Assert.Throws<SlideException>(() => Write(Level(4, 3, holes: [5]), new WsiWriterOptions()));

        Assert.Contains("Tile 5", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_failing_source_leaves_no_file()
    {
        var image = Level(4, 3) with { Frames = new BrokenFrames() };

        Assert.Throws<IOException>(() => Write(image, new WsiWriterOptions()));
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_frame_longer_than_the_buffer_is_written_whole()
    {
        var frame = new byte[3_000_001];
        for (var i = 0; i < frame.Length; i++) frame[i] = (byte)(i * 7 % 251);
        var image = new WsiImageDescription(WsiImageFlavor.Volume, 16, 16, 16, 16, WsiCoding.JpegYCbCr, new MemoryFrame(frame));

        var instance = new WrittenInstance(Write(image, new WsiWriterOptions())[0]);

        Assert.Equal([.. frame, 0], instance.Frames[0].ToArray());
    }

    [Fact]
    public void Per_frame_groups_cost_no_more_than_200_bytes_a_frame()
    {
        var sparse = new FileInfo(Write(Level(40, 30), new WsiWriterOptions { Layout = DicomLayout.Sparse })[0]).Length;
        var full = new FileInfo(Write(Level(40, 30), new WsiWriterOptions())[0]).Length;

        Assert.InRange((sparse - full) / 1200.0, 100, 200);
    }

    private IReadOnlyList<string> Write(WsiImageDescription image, WsiWriterOptions options)
    {
        var folder = Directory.CreateDirectory(Path.Join(_folder, Guid.NewGuid().ToString("N"))).FullName;
        var series = new WsiSeriesDescription
        {
            ContainerIdentifier = "T1",
            AcquisitionTime = new DateTime(2026, 1, 2, 3, 4, 5),
            ImagedVolumeWidth = 1,
            ImagedVolumeHeight = 1,
        };
        return new WsiWriter(folder, series, options).Write(image, TestContext.Current.CancellationToken);
    }

    private static WsiImageDescription Level(int across, int down, params int[] holes) => new(
        WsiImageFlavor.Volume, 16 * across, 16 * down, 16, 16, WsiCoding.JpegYCbCr, new NumberedFrames(across * down, holes));

    private static byte[] Content(int tile) => Content(tile, padded: true);

    private static byte[] Content(int tile, bool padded)
    {
        var length = 10 + tile % 23;
        var content = new byte[padded ? length + length % 2 : length];
        content.AsSpan(0, length).Fill((byte)(tile % 250 + 1));
        return content;
    }

    private sealed class NumberedFrames(int count, int[] holes) : IFrameSource
    {
        public int Count => count;

        public int LengthOf(int tile) => holes.Contains(tile) ? 0 : Content(tile, padded: false).Length;

        public void Read(int tile, Span<byte> destination) => Content(tile, padded: false).CopyTo(destination);
    }

    private sealed class BrokenFrames : IFrameSource
    {
        public int Count => 12;

        public int LengthOf(int tile) => 10;

        public void Read(int tile, Span<byte> destination) => throw new IOException("unreadable");
    }
}
