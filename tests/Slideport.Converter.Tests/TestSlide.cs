using System.Buffers.Binary;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;

namespace Slideport.Converter.Tests;

/// <summary>A small slide made by code: a pyramid of white JPEG tiles, each with its own number in a comment, and a label.</summary>
internal static class TestSlide
{
    private const int Tile = 64;

    /// <summary>Writes the instances of a slide and returns their files: levels from the largest down, then the label. Tiles have at least so many bytes.</summary>
    internal static IReadOnlyList<string> Write(
        string folder, string barcode = "S26-0815", int width = 500, int height = 300, int maxFramesPerInstance = int.MaxValue,
        Func<WsiSeriesDescription, WsiSeriesDescription>? describe = null, int tileBytes = 0)
    {
        Directory.CreateDirectory(folder);
        var series = new WsiSeriesDescription
        {
            ContainerIdentifier = barcode,
            Barcode = barcode,
            SerialNumber = "SS12345",
            AcquisitionTime = new DateTime(2026, 3, 1, 11, 30, 0, DateTimeKind.Unspecified),
            ImagedVolumeWidth = width * 0.0005,
            ImagedVolumeHeight = height * 0.0005,
            ObjectiveLensPower = 20,
        };
        var writer = new WsiWriter(folder, describe?.Invoke(series) ?? series, new WsiWriterOptions { Flush = false, MaxFramesPerInstance = maxFramesPerInstance });
        var files = new List<string>();
        var number = 0;
        for (var scale = 1; scale <= 4; scale *= 4)
        {
            var (w, h) = (width / scale, height / scale);
            var frames = new NumberedTiles(((w + Tile - 1) / Tile) * ((h + Tile - 1) / Tile), tileBytes, ref number);
            files.AddRange(writer.Write(new WsiImageDescription(WsiImageFlavor.Volume, w, h, Tile, Tile, WsiCoding.JpegYCbCr, frames)
            {
                IsOriginal = scale == 1,
                ColumnSpacing = 0.0005 * scale,
                RowSpacing = 0.0005 * scale,
            }));
        }

        var label = new byte[32 * 16 * 3];
        Array.Fill(label, (byte)200);
        files.AddRange(writer.Write(new WsiImageDescription(WsiImageFlavor.Label, 32, 16, 32, 16, WsiCoding.NativeRgb, new MemoryFrame(label))));
        return files;
    }

    /// <summary>White tiles that differ in a comment, so that a tile in the wrong place shows.</summary>
    private sealed class NumberedTiles : IFrameSource
    {
        private static readonly byte[] White = WhiteJpeg.Create(Tile, Tile, (2, 2), ColorSpace.YCbCr);
        private readonly int _first;
        private readonly int _comment;

        internal NumberedTiles(int count, int bytes, ref int number)
        {
            Count = count;
            _comment = Math.Max(4, bytes - White.Length - 4);
            _first = number;
            number += count;
        }

        public int Count { get; }

        public int LengthOf(int tile) => White.Length + 4 + _comment;

        // SOI, COM (FFFE) with the number, the rest of the white tile.
        public void Read(int tile, Span<byte> destination)
        {
            White.AsSpan(0, 2).CopyTo(destination);
            (destination[2], destination[3]) = (0xFF, 0xFE);
            BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)(2 + _comment));
            BinaryPrimitives.WriteInt32BigEndian(destination[6..], _first + tile);
            destination.Slice(10, _comment - 4).Clear();
            White.AsSpan(2).CopyTo(destination[(6 + _comment)..]);
        }
    }
}
