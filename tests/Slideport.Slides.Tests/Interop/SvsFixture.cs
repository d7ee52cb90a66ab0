using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Jpeg;
using Slideport.Slides.Tests.Jpeg2000;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Interop;

/// <summary>
/// A small slide of one of the kinds that scanners and DICOM writers produce, written by <see cref="SvsWriter"/>, with the pixels a reader
/// must show: each coded tile decoded alone, pasted, cropped.
/// </summary>
internal sealed record SvsFixture
{
    private const string Banner = "Aperio Image Library v0.1.0 (Slideport)";
    private const int ThumbnailWidth = 120;
    private const int ThumbnailHeight = 90;

    public required string Name { get; init; }
    public TiffCompression Compression { get; init; } = TiffCompression.Jpeg;
    public ColorSpace Color { get; init; } = ColorSpace.YCbCr;
    public (int Horizontal, int Vertical) Subsampling { get; init; } = (1, 1);
    public byte[] Ids { get; init; } = [1, 2, 3];
    public bool Jfif { get; init; }
    public byte? Adobe { get; init; }
    public int Tile { get; init; } = 256;
    public (int Width, int Height)[] Levels { get; init; } = [(900, 700), (450, 350), (225, 175)];
    public bool HasLabel { get; init; } = true;
    public bool HasMacro { get; init; } = true;

    /// <summary>Tiles whose index leaves this remainder modulo 3 are holes, all sharing one white tile; null = none.</summary>
    public int? Holes { get; init; }

    /// <summary>All columns of tiles share the bytes of the first.</summary>
    public bool Repeated { get; init; }

    public override string ToString() => Name;

    /// <summary>
    /// libtiff 4.5's RGBA interface, through which OpenSlide reads all but three-component JPEG and JPEG 2000, leaves a tile uninitialised
    /// where the level is narrower or lower than the tile.
    /// </summary>
    private static readonly (int Width, int Height)[] LargerThanATile = [(900, 700), (450, 350)];

    public static readonly SvsFixture[] All =
    [
        new() { Name = "4:2:0 JFIF, as the GT 450", Subsampling = (2, 2), Jfif = true },
        new() { Name = "4:2:2 without markers", Subsampling = (2, 1) },
        new() { Name = "4:4:4 JFIF", Jfif = true },
        new() { Name = "4:4:4 with ids 0,1,2 patched to JFIF", Ids = [0, 1, 2] },
        new() { Name = "RGB with APP14", Color = ColorSpace.Rgb, Adobe = 0 },
        new() { Name = "RGB with ids 0,1,2 patched to APP14", Color = ColorSpace.Rgb, Ids = [0, 1, 2] },
        new() { Name = "RGB by ids R,G,B", Color = ColorSpace.Rgb, Ids = "RGB"u8.ToArray() },
        new() { Name = "APP14 transform 2 patched to 1", Adobe = 2, Ids = [1, 2, 3] },
        new() { Name = "gray", Color = ColorSpace.Gray, Levels = LargerThanATile },
        new() { Name = "JPEG 2000 RGB", Compression = TiffCompression.Jpeg2000Rgb, Color = ColorSpace.Rgb },
        new() { Name = "JPEG 2000 YCbCr 4:2:0", Compression = TiffCompression.Jpeg2000YCbCr, Color = ColorSpace.YCbCr },
        new() { Name = "uncompressed", Compression = TiffCompression.None, Color = ColorSpace.Rgb, Levels = LargerThanATile },
        new() { Name = "tiles of 500x500", Tile = 500, Subsampling = (2, 2), Jfif = true },
        new() { Name = "tiles of 240x240", Tile = 240, Subsampling = (2, 2), Jfif = true },
        new() { Name = "no label", HasLabel = false, Subsampling = (2, 2) },
        new() { Name = "no macro", HasMacro = false, Subsampling = (2, 2) },
        new() { Name = "neither label nor macro", HasLabel = false, HasMacro = false, Subsampling = (2, 2) },
        new() { Name = "one level", Levels = [(900, 700)], Subsampling = (2, 2) },
        new() { Name = "one tile", Levels = [(200, 150)], Subsampling = (2, 2) },
        new() { Name = "sparse 4:2:0", Holes = 1, Subsampling = (2, 2) },
        new() { Name = "sparse RGB", Holes = 2, Color = ColorSpace.Rgb, Adobe = 0 },
        new() { Name = "sparse JPEG 2000 RGB", Holes = 1, Compression = TiffCompression.Jpeg2000Rgb, Color = ColorSpace.Rgb },
        new() { Name = "sparse JPEG 2000 YCbCr", Holes = 1, Compression = TiffCompression.Jpeg2000YCbCr },
        new() { Name = "wider than 65535", Levels = [(70000, 300), (17500, 150)], Repeated = true, Subsampling = (2, 2) },
    ];

    /// <summary>Row names for xunit; <see cref="Find"/> gets the fixture back.</summary>
    public static TheoryData<string> Names => [.. All.Select(fixture => fixture.Name)];

    /// <summary>Those that libtiff decodes: it knows Aperio's codes for JPEG 2000 by name only.</summary>
    public static TheoryData<string> NamesForLibtiff => [.. All.Where(fixture => !fixture.IsJpeg2000).Select(fixture => fixture.Name)];

    public static SvsFixture Find(string name) => All.Single(fixture => fixture.Name == name);

    /// <summary>Pages in the file: the levels, the thumbnail, label and macro.</summary>
    public int PageCount => Levels.Length + 1 + (HasLabel ? 1 : 0) + (HasMacro ? 1 : 0);

    private bool IsJpeg2000 => Compression is TiffCompression.Jpeg2000Rgb or TiffCompression.Jpeg2000YCbCr;

    /// <summary>Writes the slide and returns the pixels of each level.</summary>
    public RgbPicture[] Write(string path)
    {
        Tools.RequireVips();
        using var writer = SvsWriter.Create(path);
        var expected = new RgbPicture[Levels.Length];
        var pages = Levels.Select((size, i) => WriteLevel(writer, size.Width, size.Height, out expected[i])).ToArray();
        var thumbnail = TestPicture.Gradient(ThumbnailWidth, ThumbnailHeight);
        var jpeg = PixelCodec.EncodeJpeg(new RgbPicture(ThumbnailWidth, ThumbnailHeight, thumbnail.Rgb));
        var label = LabelPicture();
        writer.Finish(new SvsDirectories
        {
            Base = pages[0],
            ReducedLevels = pages[1..],
            Thumbnail = Image(ThumbnailWidth, ThumbnailHeight, TiffCompression.Jpeg, writer.Append(jpeg), jpeg.Length) with { Description = Banner + " \r\n900x700 -> 120x90 - |AppMag = 40" },
            Label = HasLabel ? Append(writer, "label", label, TiffCompression.Lzw, LzwTiff.Encode(label.Rgb, label.Width, 3)) : null,
            Macro = HasMacro ? Append(writer, "macro", thumbnail, TiffCompression.Jpeg, jpeg) : null,
        });
        return expected;
    }

    public static TestPicture LabelPicture() => TestPicture.Gradient(77, 55);

    private SvsLevelDirectory WriteLevel(SvsWriter writer, int width, int height, out RgbPicture expected)
    {
        var (across, down) = ((width + Tile - 1) / Tile, (height + Tile - 1) / Tile);
        var (offsets, counts) = (new long[across * down], new long[across * down]);
        var pixels = new byte[3 * width * height];
        var white = Holes is null ? [] : White();
        var hole = Holes is null ? 0 : writer.Append(white);
        RgbPicture? shown = null;
        for (var i = 0; i < offsets.Length; i++)
        {
            var (left, top) = (i % across * Tile, i / across * Tile);
            if (Repeated && left > 0)
            {
                (offsets[i], counts[i]) = (offsets[i - 1], counts[i - 1]);
            }
            else
            {
                var coded = i % 3 == Holes ? white : Encode(TestPicture.Window(left, top, Tile, Tile, width, height));
                (offsets[i], counts[i]) = (i % 3 == Holes ? hole : writer.Append(coded), coded.Length);
                shown = Decode(coded);
            }

            Paste(shown!, pixels, width, height, left, top);
        }

        expected = new RgbPicture(width, height, pixels);
        var geometry = SvsDescription.FormatGeometry(width, height, Tile, Tile, Compression, Color, 90);
        return new SvsLevelDirectory
        {
            Width = width,
            Height = height,
            TileWidth = Tile,
            TileHeight = Tile,
            Compression = Compression,
            Color = Color,
            Subsampling = Compression == TiffCompression.Jpeg ? Subsampling : (1, 1),
            Description = new SvsDescription(Banner, geometry, [new("MPP", "0.250000"), new("AppMag", "40")]).ToString(),
            TileOffsets = offsets,
            TileByteCounts = counts,
        };
    }

    private byte[] Encode(TestPicture picture)
    {
        switch (Compression)
        {
            case TiffCompression.None:
                return picture.Rgb;
            case TiffCompression.Jpeg2000Rgb:
                return Jpeg2000Tests.Encode(picture, lossless: false);
            case TiffCompression.Jpeg2000YCbCr:
                return Jpeg2000Tests.Encode(picture, lossless: false, subsampled: true);
        }

        var encoder = new BaselineJpeg { Color = Color, Horizontal = Subsampling.Horizontal, Vertical = Subsampling.Vertical, Ids = Ids, Jfif = Jfif, Adobe = Adobe };
        var jpeg = encoder.Encode(picture);
        var patched = new byte[jpeg.Length + JpegPatch.MaxGrowth];
        JpegPatch.For(JpegHeader.Parse(jpeg)!.Value, Color).Apply(jpeg, patched, out var written);
        return patched[..written];
    }

    private RgbPicture Decode(byte[] coded) => Compression switch
    {
        TiffCompression.None => new RgbPicture(Tile, Tile, coded),
        TiffCompression.Jpeg => PixelCodec.DecodeJpeg(coded),
        _ => PixelCodec.DecodeJpeg2000(coded, Color),
    };

    private byte[] White() => Compression == TiffCompression.Jpeg
        ? WhiteJpeg.Create(Tile, Tile, Subsampling, Color)
        : WhiteJpeg2000.Create(Tile, Tile, Color, Color == ColorSpace.YCbCr ? (2, 2) : (1, 1));

    private static void Paste(RgbPicture tile, byte[] pixels, int width, int height, int left, int top)
    {
        var columns = Math.Min(tile.Width, width - left);
        for (var row = 0; row < Math.Min(tile.Height, height - top); row++)
            tile.Pixels.AsSpan(3 * row * tile.Width, 3 * columns).CopyTo(pixels.AsSpan(3 * ((top + row) * width + left)));
    }

    private static SvsImageDirectory Append(SvsWriter writer, string kind, TestPicture picture, TiffCompression compression, byte[] coded) =>
        Image(picture.Width, picture.Height, compression, writer.Append(coded), coded.Length) with
        {
            Description = SvsDescription.FormatAssociated(Banner, kind, picture.Width, picture.Height),
        };

    private static SvsImageDirectory Image(int width, int height, TiffCompression compression, long offset, long length) => new()
    {
        Width = width,
        Height = height,
        Compression = compression,
        Color = compression == TiffCompression.Jpeg ? ColorSpace.YCbCr : ColorSpace.Rgb,
        Subsampling = compression == TiffCompression.Jpeg ? (2, 2) : (1, 1),
        Description = Banner,
        Data = new FileRange(offset, length),
    };
}
