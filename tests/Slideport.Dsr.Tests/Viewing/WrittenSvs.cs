using NetVips;
using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>A slide with levels of a quarter each, whose tiles are coded in one way or another, over a smooth picture.</summary>
internal static class WrittenSvs
{
    internal const int Tile = 128;

    private const string Banner = "Aperio Image Library v0.1.0 (Slideport)";

    /// <summary>Writes it.</summary>
    internal static void Write(string path, TiffCompression compression, params ReadOnlySpan<(int Width, int Height)> levels) => Write(path, compression, null, levels);

    /// <summary>Writes it with an ICC profile.</summary>
    internal static void Write(string path, TiffCompression compression, byte[]? profile, params ReadOnlySpan<(int Width, int Height)> levels)
    {
        using var writer = SvsWriter.Create(path);
        var pages = new List<SvsLevelDirectory>();
        foreach (var (width, height) in levels)
            pages.Add(WriteLevel(writer, compression, width, height));
        var jpeg = PixelCodec.EncodeJpeg(Window(0, 0, 60, 45, 60, 45));
        using var icc = profile is null ? null : File.OpenHandle(Kept(path, profile));
        writer.Finish(new SvsDirectories
        {
            IccProfile = icc is null ? null : new SvsIccProfile(icc, new FileRange(0, profile!.Length)),
            Base = pages[0],
            ReducedLevels = pages[1..],
            Thumbnail = new SvsImageDirectory
            {
                Width = 60,
                Height = 45,
                Compression = TiffCompression.Jpeg,
                Color = ColorSpace.YCbCr,
                Subsampling = (2, 2),
                Description = Banner + " \r\n60x45 - |AppMag = 40",
                Data = new FileRange(writer.Append(jpeg), jpeg.Length),
            },
        });
    }

    /// <summary>A part of the picture.</summary>
    internal static RgbPicture Window(int x, int y, int width, int height, int fullWidth, int fullHeight)
    {
        var rgb = new byte[3 * width * height];
        for (var at = 0; at < rgb.Length; at += 3)
        {
            var (u, v) = ((x + at / 3 % width) / (double)fullWidth, (y + at / 3 / width) / (double)fullHeight);
            (rgb[at], rgb[at + 1], rgb[at + 2]) = (Level(40 + 180 * u), Level(220 - 160 * v), Level(128 + 100 * Math.Sin(3 * (u + v))));
        }

        return new RgbPicture(width, height, rgb);
    }

    private static string Kept(string path, byte[] profile)
    {
        var file = path + ".icc";
        File.WriteAllBytes(file, profile);
        return file;
    }

    private static SvsLevelDirectory WriteLevel(SvsWriter writer, TiffCompression compression, int width, int height)
    {
        var (across, down) = ((width + Tile - 1) / Tile, (height + Tile - 1) / Tile);
        var (offsets, counts) = (new long[across * down], new long[across * down]);
        for (var i = 0; i < offsets.Length; i++)
        {
            var coded = Encode(Window(i % across * Tile, i / across * Tile, Tile, Tile, width, height), compression);
            (offsets[i], counts[i]) = (writer.Append(coded), coded.Length);
        }

        var color = compression == TiffCompression.Jpeg ? ColorSpace.YCbCr : ColorSpace.Rgb;
        return new SvsLevelDirectory
        {
            Width = width,
            Height = height,
            TileWidth = Tile,
            TileHeight = Tile,
            Compression = compression,
            Color = color,
            Subsampling = compression == TiffCompression.Jpeg ? (2, 2) : (1, 1),
            Description = new SvsDescription(Banner, SvsDescription.FormatGeometry(width, height, Tile, Tile, compression, color, 90), [new("MPP", "0.250000"), new("AppMag", "40")]).ToString(),
            TileOffsets = offsets,
            TileByteCounts = counts,
        };
    }

    private static byte[] Encode(RgbPicture picture, TiffCompression compression)
    {
        if (compression == TiffCompression.None)
            return picture.Pixels;
        if (compression == TiffCompression.Jpeg)
            return PixelCodec.EncodeJpeg(picture);
        using var raw = Image.NewFromMemory(picture.Pixels, picture.Width, picture.Height, 3, Enums.BandFormat.Uchar);
        using var rgb = raw.Copy(interpretation: Enums.Interpretation.Srgb);
        var file = rgb.Jp2ksaveBuffer(lossless: true, tileWidth: picture.Width, tileHeight: picture.Height, subsampleMode: Enums.ForeignSubsample.Off);
        Jp2.Unwrap(file, out var offset, out var length);
        return file[offset..(offset + length)];
    }

    private static byte Level(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
