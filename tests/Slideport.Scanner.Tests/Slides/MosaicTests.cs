using Slideport.Scanner.Slides;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Tests.Slides;

public sealed class MosaicTests
{
    [Fact]
    public void A_reduced_picture_is_the_mean_of_what_it_stands_for_and_white_beyond_the_slide()
    {
        var mosaic = new Mosaic(Library(), 24, 16, (column, _) => column % 2);

        var picture = mosaic.Render(0, 0, 8, 4, 4);

        // Tiles of 8 pixels, alternately 10 and 200: two columns of each, then nothing.
        Assert.Equal([10, 10, 200, 200, 10, 10, 255, 255], Enumerable.Range(0, 8).Select(x => (int)picture.Pixels[3 * x]));
    }

    [Fact]
    public void Frames_are_the_librarys_tiles_as_they_are_coded()
    {
        var mosaic = new Mosaic(Library(), 24, 16, (column, row) => (column + row) % 2);

        Assert.Equal(6, mosaic.Count);
        var frame = new byte[mosaic.LengthOf(4)];
        mosaic.Read(4, frame);
        Assert.Equal([1], frame[..1]);
    }

    [Theory]
    [InlineData(62094, 36729, 4, new[] { 4, 16 })]
    [InlineData(108071, 84441, 4, new[] { 4, 16, 64 })]
    [InlineData(4096, 4096, 4, new int[0])]
    [InlineData(20000, 15000, 2, new[] { 2, 4, 8 })]
    public void Levels_go_down_as_a_GT_450s_do(int width, int height, int step, int[] factors) =>
        Assert.Equal(factors, Pyramid.Factors(width, height, step));

    [Fact]
    public void Code_39_frames_its_text_with_asterisks_and_keeps_three_wide_elements_a_character()
    {
        var elements = Code39.Encode("A1").ToList();

        Assert.Equal(4 * 10, elements.Count);
        Assert.All(elements.Chunk(10), character => Assert.Equal(3, character.Take(9).Count(element => element.Width == 3)));
        Assert.Equal(elements.Take(9), elements.Skip(30).Take(9));
    }

    private static TileLibrary Library()
    {
        byte[] levels = [10, 200];
        var frames = levels.Select((_, i) => new ReadOnlyMemory<byte>([(byte)(i + 1)])).ToArray();
        return new TileLibrary(WsiCoding.JpegYCbCr, frames, i => new RgbPicture(8, 8, [.. Enumerable.Repeat(levels[i], 3 * 64)]), [4]);
    }
}
