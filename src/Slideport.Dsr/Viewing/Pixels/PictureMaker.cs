using System.Buffers;
using Slideport.Slides;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>Makes a picture of tiles. Runs in the process that is there for it.</summary>
internal static class PictureMaker
{
    private const int Quality = 90;

    /// <summary>Bytes that follow a request.</summary>
    /// <exception cref="InvalidDataException">It asks for more than any may.</exception>
    internal static int CodedBytes(PixelRequest request)
    {
        var pixels = (long)request.Width * request.Height / Math.Max(1, request.Shrink * request.Shrink);
        if (request.Tiles.Length > PixelLimits.MaxTiles || request is not { Width: > 0, Height: > 0, OutputWidth: > 0 and <= PixelLimits.MaxSide, OutputHeight: > 0 and <= PixelLimits.MaxSide }
            || request.Shrink is not (1 or 2 or 4 or 8) || pixels > PixelLimits.MaxPixels || request.ProfileBytes < 0 || request.Tiles.Any(t => t.Bytes < 0))
            throw new InvalidDataException("A request is beyond the limits.");
        var sum = request.Tiles.Sum(t => (long)t.Bytes) + request.ProfileBytes;
        return sum <= PixelLimits.MaxCodedBytes ? (int)sum : throw new InvalidDataException("A request is beyond the limits.");
    }

    /// <summary>The picture, coded.</summary>
    /// <param name="request">Within the limits.</param>
    /// <param name="coded">The tiles, one behind the other, and the profile.</param>
    /// <exception cref="SlideException">A tile or the profile is damaged.</exception>
    internal static byte[] Make(PixelRequest request, byte[] coded)
    {
        var (width, height) = (Shrunk(request.Width, request.Shrink), Shrunk(request.Height, request.Shrink));
        var pixels = new byte[3 * width * height];
        Fill(pixels, request.Background);
        var at = 0;
        foreach (var tile in request.Tiles)
        {
            var picture = Decode(request, tile, coded.AsSpan(at, tile.Bytes));
            at += tile.Bytes;
            Paste(picture, pixels, width, height, (int)Math.Floor((double)tile.X / request.Shrink), (int)Math.Floor((double)tile.Y / request.Shrink));
        }

        var made = PixelCodec.Resize(new RgbPicture(width, height, pixels), request.OutputWidth, request.OutputHeight);
        if (request.ProfileBytes > 0)
            made = PixelCodec.ToSrgb(made, coded.AsSpan(at, request.ProfileBytes));
        return PixelCodec.EncodeForScreen(Turned(Recolored(made, request.Colors), request), request.Format == PictureFormat.Png, Quality);
    }

    private static int Shrunk(int size, int shrink) => (size + shrink - 1) / shrink;

    private static RgbPicture Decode(PixelRequest request, PixelTile tile, ReadOnlySpan<byte> coded)
    {
        if (tile.IsJpeg)
            return PixelCodec.DecodeJpeg(coded, request.Shrink);
        var picture = request.Coding switch
        {
            TileCoding.Jpeg2000 => Jpeg2000(request, coded),
            TileCoding.Raw or TileCoding.Lzw => Samples(request, coded),
            _ => throw new PixelException("A tile is coded in a way that is not decoded here."),
        };
        return request.Shrink == 1 ? picture : PixelCodec.Resize(picture, Shrunk(picture.Width, request.Shrink), Shrunk(picture.Height, request.Shrink));
    }

    private static RgbPicture Jpeg2000(PixelRequest request, ReadOnlySpan<byte> coded)
    {
        if (Jp2.Unwrap(coded, out var start, out var length) != OperationStatus.Done || Jpeg2000Header.Parse(coded.Slice(start, length)) is not { } header)
            throw new PixelException("A tile is no readable JPEG 2000 codestream.");
        if ((header.Width, header.Height) != (request.TileWidth, request.TileHeight))
            throw new PixelException($"A tile has {header.Width}x{header.Height} pixels, not {request.TileWidth}x{request.TileHeight}.");
        // As the conversion has it: the stream decides where it says anything, and nobody subsamples green and blue.
        var color = header.UsesComponentTransform || (request.DeclaredColor == ColorSpace.Rgb && !header.IsSubsampled) ? ColorSpace.Rgb : ColorSpace.YCbCr;
        return PixelCodec.DecodeJpeg2000(coded.Slice(start, length), color);
    }

    /// <summary>Uncompressed or LZW samples of 8 bits: RGB or gray, pixel by pixel or in planes.</summary>
    private static RgbPicture Samples(PixelRequest request, ReadOnlySpan<byte> coded)
    {
        var count = (long)request.TileWidth * request.TileHeight;
        if (count > PixelLimits.MaxPixels || request.DeclaredColor is not (ColorSpace.Rgb or ColorSpace.Gray))
            throw new PixelException("Uncompressed tiles of this size or colour are not shown.");
        var channels = request.DeclaredColor == ColorSpace.Rgb ? 3 : 1;
        var samples = new byte[count * channels];
        if (request.Coding == TileCoding.Raw)
            coded[..Math.Min(coded.Length, samples.Length)].CopyTo(samples);
        else if (LzwTiff.Decode(coded, samples, out _) == OperationStatus.InvalidData)
            throw new PixelException("A tile is no sound LZW data.");
        if (request.IsDifferenced)
            LzwTiff.UndoDifference(samples, request.TileWidth, channels);
        if (channels == 3 && !request.IsPlanar)
            return new RgbPicture(request.TileWidth, request.TileHeight, samples);
        var pixels = new byte[3 * count];
        for (var i = 0; i < (int)count; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                pixels[3 * i + channel] = samples[channels == 1 ? i : channel * (int)count + i];
        }

        return new RgbPicture(request.TileWidth, request.TileHeight, pixels);
    }

    private static void Fill(byte[] pixels, int color)
    {
        ReadOnlySpan<byte> one = [(byte)(color >> 16 & 0xFF), (byte)(color >> 8 & 0xFF), (byte)(color & 0xFF)];
        for (var at = 0; at < pixels.Length; at += 3)
            one.CopyTo(pixels.AsSpan(at));
    }

    private static void Paste(RgbPicture tile, byte[] pixels, int width, int height, int left, int top)
    {
        var (firstColumn, lastColumn) = (Math.Max(0, -left), Math.Min(tile.Width, width - left));
        if (lastColumn <= firstColumn)
            return;
        for (var row = Math.Max(0, -top); row < Math.Min(tile.Height, height - top); row++)
            tile.Pixels.AsSpan(3 * (row * tile.Width + firstColumn), 3 * (lastColumn - firstColumn)).CopyTo(pixels.AsSpan(3 * ((top + row) * width + left + firstColumn)));
    }

    private static RgbPicture Recolored(RgbPicture picture, PictureColors colors)
    {
        if (colors == PictureColors.All)
            return picture;
        var pixels = picture.Pixels;
        for (var at = 0; at < pixels.Length; at += 3)
        {
            // BT.601, as JPEG's luma; in thousandths.
            var gray = (byte)((299 * pixels[at] + 587 * pixels[at + 1] + 114 * pixels[at + 2] + 500) / 1000);
            pixels.AsSpan(at, 3).Fill(colors == PictureColors.Gray ? gray : gray < 128 ? byte.MinValue : byte.MaxValue);
        }

        return picture;
    }

    private static RgbPicture Turned(RgbPicture picture, PixelRequest request)
    {
        if (request.Rotation == 0 && !request.IsMirrored)
            return picture;
        var (width, height) = (picture.Width, picture.Height);
        var isAcross = request.Rotation is 90 or 270;
        var (newWidth, newHeight) = isAcross ? (height, width) : (width, height);
        var pixels = new byte[picture.Pixels.Length];
        for (var y = 0; y < newHeight; y++)
        {
            for (var x = 0; x < newWidth; x++)
            {
                var (column, row) = request.Rotation switch
                {
                    90 => (y, height - 1 - x),
                    180 => (width - 1 - x, height - 1 - y),
                    270 => (width - 1 - y, x),
                    _ => (x, y),
                };
                if (request.IsMirrored)
                    column = width - 1 - column;
                picture.Pixels.AsSpan(3 * (row * width + column), 3).CopyTo(pixels.AsSpan(3 * (y * newWidth + x)));
            }
        }

        return new RgbPicture(newWidth, newHeight, pixels);
    }
}
