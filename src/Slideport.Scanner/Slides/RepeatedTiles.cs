using Slideport.Dicom.Dictionary;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>
/// A slide of any size from the tiles of a real one, repeated as they are coded; for a large slide, from the part of it that has most in it.
/// Only the lower levels are rendered anew, since a repeated pyramid would not fit its full resolution.
/// </summary>
internal static class RepeatedTiles
{
    // So many tiles are seen as a slide, and their coded bytes and shrunken pixels still fit memory easily.
    private const int MaxTiles = 1024;

    /// <summary>Makes a slide of <see cref="SlideOptions.Size"/> from an SVS.</summary>
    /// <returns>The slide; or why there is none.</returns>
    /// <exception cref="SlideException">The SVS is damaged.</exception>
    public static (SlideMaterial? Material, Refusal? Refusal) Create(string svsPath, SlideOptions options, string scratch, CancellationToken cancellationToken)
    {
        var (width, height) = options.Size ?? throw new ArgumentException("No size to fill.", nameof(options));
        var owned = new List<IDisposable>();
        try
        {
            var file = SvsFile.Open(svsPath);
            owned.Add(file);
            var level = file.Levels[0];
            var (frames, refusal) = SvsToDicomFrames.Open(file, level);
            if (refusal is not null) return (null, Release(owned, refusal));

            var (column, row, across, down) = Choose(level);
            var tiles = Read(frames!, level, column, row, across, down);
            var library = new TileLibrary(
                frames!.Coding, tiles, i => Decode(tiles[i].Span, frames.Coding, level), Pyramid.ShrinkFactors(width, height, options.PyramidStep));
            var mosaic = new Mosaic(library, width, height, (x, y) => y % down * across + x % across);
            var microns = SvsToDicomMetadata.MicronsPerPixel(file);
            var series = options.Describe(SvsToDicomMetadata.Describe(file, options.TimeProvider) with
            {
                ImagedVolumeWidth = width * microns / 1000,
                ImagedVolumeHeight = height * microns / 1000,
            });
            var images = Pyramid.Build(mosaic, library, options.PyramidStep, microns, options.Quality, scratch, owned, cancellationToken);
            var (others, _, _) = SvsToDicom.Open(file, new SvsToDicomOptions { Layout = DicomLayout.Sparse, IncludeThumbnail = false });
            images.AddRange(others.Where(image => image.Flavor is WsiImageFlavor.Label or WsiImageFlavor.Overview));
            return (new SlideMaterial(series, images.Where(options.Includes).ToList(), owned), null);
        }
        catch
        {
            foreach (var thing in owned) thing.Dispose();
            throw;
        }
    }

    private static Refusal Release(List<IDisposable> owned, Refusal refusal)
    {
        foreach (var thing in owned) thing.Dispose();
        return refusal;
    }

    /// <summary>The window of whole tiles with most coded bytes: glass codes to next to nothing.</summary>
    private static (int Column, int Row, int Across, int Down) Choose(SvsLevel level)
    {
        // Tiles that hang over the edge of the slide are no tissue beyond it.
        var (whole, wholeDown) = (Math.Max(1, level.Width / level.TileWidth), Math.Max(1, level.Height / level.TileHeight));
        if ((long)whole * wholeDown <= MaxTiles) return (0, 0, whole, wholeDown);
        var across = Math.Clamp(MaxTiles / wholeDown, Math.Min(32, whole), whole);
        var down = Math.Min(wholeDown, MaxTiles / across);
        (int Column, int Row) best = (0, 0);
        var most = -1L;
        for (var row = 0; row <= wholeDown - down; row += Math.Max(1, down / 2))
        {
            for (var column = 0; column <= whole - across; column += Math.Max(1, across / 2))
            {
                long bytes = 0;
                for (var i = 0; i < across * down; i++) bytes += level.Tiles[(row + i / across) * level.TilesAcross + column + i % across].Length;
                if (bytes > most) (most, best) = (bytes, (column, row));
            }
        }

        return (best.Column, best.Row, across, down);
    }

    private static ReadOnlyMemory<byte>[] Read(SvsToDicomFrames frames, SvsLevel level, int column, int row, int across, int down)
    {
        var tiles = new ReadOnlyMemory<byte>[across * down];
        var holes = new List<int>();
        var filled = -1;
        for (var i = 0; i < tiles.Length; i++)
        {
            var tile = (row + i / across) * level.TilesAcross + column + i % across;
            var bytes = new byte[frames.LengthOf(tile)];
            if (bytes.Length == 0)
            {
                holes.Add(i);
                continue;
            }

            frames.Read(tile, bytes);
            tiles[i] = bytes;
            filled = i;
        }

        if (filled < 0) throw new SlideException("None of the slide's tiles can be repeated: all are missing");
        foreach (var hole in holes) tiles[hole] = tiles[filled];
        return tiles;
    }

    private static RgbPicture Decode(ReadOnlySpan<byte> tile, WsiCoding coding, SvsLevel level)
    {
        if (!coding.TransferSyntax.IsEncapsulated) return new RgbPicture(level.TileWidth, level.TileHeight, tile.ToArray());
        if (coding.TransferSyntax.Uid == TransferSyntax.JpegBaseline8Bit.Uid) return PixelCodec.DecodeJpeg(tile);
        return PixelCodec.DecodeJpeg2000(tile, coding.PhotometricInterpretation == "YBR_FULL_422" ? ColorSpace.YCbCr : ColorSpace.Rgb);
    }
}
