using System.Buffers;
using Slideport.Slides.Jpeg;

namespace Slideport.Slides.Tests.Jpeg;

public sealed class JpegTablesTests
{
    private static readonly byte[] Stream = new JpegBytes().Jfif().Quantization(5).Segment(0xC4, 9, 9, 9).Segment(0xFE, 1, 2, 3).End();
    private static readonly byte[] Tile = new JpegBytes().Frame(16, 16, [0, 1, 2], [0x11, 0x11, 0x11]).Scan(0, 1, 2).Picture().End();

    [Fact]
    public void Merged_tile_is_prefix_and_tile_without_its_start()
    {
        Assert.Equal(OperationStatus.Done, JpegTables.TryCreate(Stream, [], out var tables));
        var output = new byte[tables!.MergedLength(Tile.Length)];

        Assert.Equal(OperationStatus.Done, tables.Merge(Tile, output, out var written));

        var expected = new JpegBytes().Quantization(5).Segment(0xC4, 9, 9, 9).Raw(Tile.AsSpan(2)).Cut();
        Assert.Equal(output.Length, written);
        Assert.Equal(expected, output);
        Assert.Equal(expected.Length - Tile.Length + 2, tables.Prefix.Length);
        Assert.True(JpegHeader.Parse(output)!.Value.HasQuantizationTables);
        Assert.False(JpegHeader.Parse(Tile)!.Value.HasQuantizationTables);
    }

    [Fact]
    public void Colour_marker_goes_in_front_of_the_tables()
    {
        var patch = JpegPatch.For(JpegHeader.Parse(Tile)!.Value, ColorSpace.Rgb);
        JpegTables.TryCreate(Stream, patch.Insertion, out var tables);
        var output = new byte[tables!.MergedLength(Tile.Length)];

        tables.Merge(Tile, output, out _);

        Assert.Equal(ColorSpace.Rgb, JpegColor.OfMarkers(JpegHeader.Parse(output)!.Value));
    }

    [Fact]
    public void Every_prefix_of_the_tables_is_complete_or_needs_more()
    {
        for (var length = 0; length < Stream.Length; length++)
        {
            var status = JpegTables.TryCreate(Stream.AsSpan(0, length), [], out var tables);
            Assert.Equal(status == OperationStatus.Done, tables is not null);
            Assert.NotEqual(OperationStatus.InvalidData, status);
        }
    }

    [Fact]
    public void A_picture_is_not_a_table_stream_and_a_tile_needs_its_start()
    {
        Assert.Equal(OperationStatus.InvalidData, JpegTables.TryCreate(Tile, [], out _));
        Assert.Equal(OperationStatus.InvalidData, JpegTables.TryCreate([1, 2, 3], [], out _));
        JpegTables.TryCreate(Stream, [], out var tables);
        Assert.Equal(OperationStatus.InvalidData, tables!.Merge([], new byte[999], out _));
        Assert.Equal(OperationStatus.InvalidData, tables.Merge([0, 0, 0], new byte[999], out _));
        Assert.Equal(OperationStatus.DestinationTooSmall, tables.Merge(Tile, new byte[10], out _));
    }
}
