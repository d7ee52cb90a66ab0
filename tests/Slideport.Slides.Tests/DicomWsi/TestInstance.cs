using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Tests.Jpeg;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>
/// A Whole Slide Microscopy instance made attribute by attribute, so that a test can leave one out or make one wrong. Sound unless told
/// otherwise: VOLUME, TILED_FULL, JPEG in YCbCr, every frame another colour.
/// </summary>
internal sealed class TestInstance
{
    public const string Study = "1.2.3";
    public const string Series = "1.2.3.4";

    private static int Made;

    public TestInstance(int width, int height, int tile = 16, string flavor = "VOLUME")
    {
        (Width, Height, TileWidth, TileHeight) = (width, height, tile, tile);
        var across = (width + tile - 1) / tile;
        var down = (height + tile - 1) / tile;
        Frames = [.. Enumerable.Range(0, across * down).Select(i => Frame(tile, tile, i * 7 % 200))];
        Set.Set(Tags.ImageType, "DERIVED", "PRIMARY", flavor, "NONE")
            .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
            .Set(Tags.SOPInstanceUID, FormattableString.Invariant($"1.2.3.4.{Interlocked.Increment(ref Made)}"))
            .Set(Tags.StudyInstanceUID, Study)
            .Set(Tags.SeriesInstanceUID, Series)
            .Set(Tags.DimensionOrganizationType, "TILED_FULL")
            .Set(Tags.SamplesPerPixel, 3)
            .Set(Tags.PhotometricInterpretation, "YBR_FULL_422")
            .Set(Tags.PlanarConfiguration, 0)
            .Set(Tags.Rows, tile)
            .Set(Tags.Columns, tile)
            .Set(Tags.BitsAllocated, 8)
            .Set(Tags.BitsStored, 8)
            .Set(Tags.HighBit, 7)
            .Set(Tags.PixelRepresentation, 0)
            .Set(Tags.TotalPixelMatrixColumns, width)
            .Set(Tags.TotalPixelMatrixRows, height)
            .Set(Tags.SharedFunctionalGroupsSequence, new DicomDataSet().Set(
                Tags.PixelMeasuresSequence, new DicomDataSet().Set(Tags.PixelSpacing, 0.0005, 0.0005)));
    }

    public int Width { get; }

    public int Height { get; }

    public int TileWidth { get; }

    public int TileHeight { get; }

    public DicomDataSet Set { get; } = new();

    public TransferSyntax Syntax { get; set; } = TransferSyntax.JpegBaseline8Bit;

    /// <summary>One coded frame after the other.</summary>
    public List<byte[]> Frames { get; set; }

    /// <summary>Each frame in so many fragments, offset table filled.</summary>
    public int FragmentsPerFrame { get; set; } = 1;

    /// <summary>The Basic Offset Table, right or wrong; null for what the fragments ask for.</summary>
    public byte[]? OffsetTable { get; set; }

    public string Uid => Set.GetString(Tags.SOPInstanceUID)!;

    /// <summary>A plain JPEG: JFIF, YCbCr 4:2:0, its gray level its own.</summary>
    public static byte[] Frame(int width, int height, int shade) => Encoder.Encode(Picture(width, height, shade));

    public static BaselineJpeg Encoder { get; } = new() { Jfif = true, Horizontal = 2, Vertical = 2 };

    public static TestPicture Picture(int width, int height, int shade)
    {
        var rgb = new byte[3 * width * height];
        for (var i = 0; i < rgb.Length; i++) rgb[i] = (byte)((shade + i % 3 * 20 + i / 3 % width) % 256);
        return new TestPicture(width, height, rgb);
    }

    public TestInstance With(DicomTag tag, params ReadOnlySpan<string> values)
    {
        Set.Set(tag, values);
        return this;
    }

    public TestInstance With(DicomTag tag, long value)
    {
        Set.Set(tag, value);
        return this;
    }

    public TestInstance Without(DicomTag tag)
    {
        Set.Remove(tag);
        return this;
    }

    /// <summary>Gives every frame a position of its own, in this order of tiles (index row by row).</summary>
    public TestInstance Sparse(params ReadOnlySpan<int> tiles)
    {
        var across = (Width + TileWidth - 1) / TileWidth;
        var positions = new List<(int, int)>();
        foreach (var tile in tiles) positions.Add((tile % across * TileWidth + 1, tile / across * TileHeight + 1));
        Frames = [.. tiles.ToArray().Select(t => Frames[t])];
        return At([.. positions]);
    }

    /// <summary>Gives the frames these positions (column, row), counted from 1.</summary>
    public TestInstance At(params (int Column, int Row)[] positions)
    {
        Set.Set(Tags.DimensionOrganizationType, "TILED_SPARSE");
        Set.Set(Tags.PerFrameFunctionalGroupsSequence, [.. positions.Select(p => new DicomDataSet().Set(
            Tags.PlanePositionSlideSequence,
            new DicomDataSet().Set(Tags.ColumnPositionInTotalImagePixelMatrix, p.Column)
                .Set(Tags.RowPositionInTotalImagePixelMatrix, p.Row)))]);
        return this;
    }

    /// <summary>Makes the instance a part of a concatenation: some of the frames it has.</summary>
    public TestInstance Part(string concatenation, int number, int? total, int first, int count)
    {
        Frames = [.. Frames.Skip(first).Take(count)];
        Set.Set(Tags.ConcatenationUID, concatenation).Set(Tags.InConcatenationNumber, number)
            .Set(Tags.ConcatenationFrameOffsetNumber, first);
        if (total is { } t) Set.Set(Tags.InConcatenationTotalNumber, t);
        return this;
    }

    public TestInstance Native(params byte[][] frames)
    {
        (Frames, Syntax) = ([.. frames], TransferSyntax.ExplicitVrLittleEndian);
        return With(Tags.PhotometricInterpretation, "RGB");
    }

    public string Write(string path)
    {
        if (!Set.Contains(Tags.NumberOfFrames)) Set.Set(Tags.NumberOfFrames, Frames.Count);
        if (Frames.Count > 0) SetPixels();
        using var output = File.Create(path);
        Part10File.Write(output, Set, Syntax);
        return path;
    }

    public WsiInstance Open(TestFolder folder) => WsiInstance.Open(Write(folder[$"{Uid}-{Guid.NewGuid():N}.dcm"]));

    private void SetPixels()
    {
        if (!Syntax.IsEncapsulated)
        {
            Set.Set(Tags.PixelData, Vr.OB, [.. Frames.SelectMany(f => f)]);
            return;
        }

        var fragments = Frames.Select(f => f.Length == 0 ? [f] : f.Chunk(f.Length / FragmentsPerFrame / 2 * 2 + 2).ToList()).ToList();
        var offsets = new List<byte>();
        var at = 0;
        foreach (var frame in fragments)
        {
            offsets.AddRange(BitConverter.GetBytes(at));
            at += frame.Sum(f => 8 + (f.Length + 1) / 2 * 2);
        }

        var table = OffsetTable is { } given ? given : FragmentsPerFrame > 1 ? offsets.ToArray() : [];
        Set.SetFragments(
            Tags.PixelData, Vr.OB, [new DicomFragment(table), .. fragments.SelectMany(f => f).Select(f => new DicomFragment(f))]);
    }
}
