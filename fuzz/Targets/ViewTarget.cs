using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Slides;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Viewing;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// An SVS or DICOM file opened for looking at, and every tile of it read. A tile that is said to be a JPEG must be one of its level's size,
/// with all that a decoder needs before its first coded byte; memory must stay in proportion to the file.
/// </summary>
internal static class ViewTarget
{
    // A level of a few bytes can have millions of tiles that are left out, each of them the same.
    private const int MaxTiles = 4096;

    /// <summary>Runs one input; throws where a promise of the viewer is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var source = SlideSource.Open("slide", [("slide", ByteSource.Of(data.ToArray()))]);
            foreach (var slide in source.Slides)
            {
                var view = new SlideView(slide);
                foreach (var level in view.Levels) ReadAll(level);
                foreach (var picture in slide.AssociatedImages)
                {
                    ReadAll(LevelView.Of(picture));
                    if (picture.ReadJpeg() is { } jpeg && JpegHeader.Parse(jpeg) is null) throw new InvalidOperationException("A picture is no JPEG");
                }
            }
        }
        catch (Exception e) when (e is SlideException or DicomException)
        {
            // Refused with its reason, as most inputs should be.
        }

        // A tile that is left out is made once for each level; at 8192 pixels a side it has a megabyte, and its making a few more.
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > (512L << 20) + 2000L * data.Length) throw new InvalidOperationException($"{allocated} bytes were allocated for {data.Length}");
    }

    /// <summary>A tiled page with shared tables in a TIFF, and a DICOM level of two frames.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        var tile = WhiteJpeg.Create(16, 16, (1, 1), ColorSpace.YCbCr);
        yield return Svs(tile);
        yield return Dicom(tile);
    }

    private static void ReadAll(LevelView view)
    {
        var read = 0;
        for (var row = 0; row < view.Level.TilesDown; row++)
        {
            for (var column = 0; column < view.Level.TilesAcross; column++)
            {
                if (++read > MaxTiles) return;
                Read(view, column, row);
            }
        }
    }

    private static void Read(LevelView view, int column, int row)
    {
        try
        {
            using var tile = view.Read(column, row);
            if (!tile.IsJpeg) return;
            if (JpegHeader.Parse(tile.Bytes.Span) is not { HasHuffmanTables: true } header || (header.Width, header.Height) != (view.Level.TileWidth, view.Level.TileHeight))
                throw new InvalidOperationException($"Tile {column}, {row} is no JPEG of its level's size");
        }
        catch (SlideException)
        {
            // This one is damaged; the next may not be.
        }
    }

    private static byte[] Svs(byte[] tile)
    {
        const int Entries = 11;
        const int Description = 8 + 2 + 12 * Entries + 4;
        (int Tag, int Type, int Count, int Value)[] entries =
        [
            (256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 7), (262, 3, 1, 6), (270, 2, 8, Description), (277, 3, 1, 3),
            (322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1, Description + 8), (325, 4, 1, tile.Length),
        ];
        var directory = entries.SelectMany(e => (byte[])
            [(byte)(e.Tag & 0xFF), (byte)(e.Tag >> 8), (byte)e.Type, 0, .. BitConverter.GetBytes(e.Count), .. BitConverter.GetBytes(e.Value)]);
        return [.. "II"u8, 42, 0, 8, 0, 0, 0, Entries, 0, .. directory, 0, 0, 0, 0, .. "Aperio \0"u8, .. tile];
    }

    private static byte[] Dicom(byte[] tile)
    {
        using var file = new MemoryStream();
        var padded = tile.Length % 2 == 0 ? tile : [.. tile, 0];
        var set = new DicomDataSet()
            .Set(Tags.ImageType, "DERIVED", "PRIMARY", "VOLUME", "NONE")
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
            .Set(Tags.SOPInstanceUID, "1.2.3")
            .Set(Tags.NumberOfFrames, 2)
            .Set(Tags.SamplesPerPixel, 3)
            .Set(Tags.PhotometricInterpretation, "YBR_FULL_422")
            .Set(Tags.Rows, 16)
            .Set(Tags.Columns, 16)
            .Set(Tags.BitsAllocated, 8)
            .Set(Tags.TotalPixelMatrixColumns, 32)
            .Set(Tags.TotalPixelMatrixRows, 16)
            .SetFragments(Tags.PixelData, Vr.OB, [new(Array.Empty<byte>()), new(padded), new(padded)]);
        Part10File.Write(file, set, TransferSyntax.JpegBaseline8Bit);
        return file.ToArray();
    }
}
