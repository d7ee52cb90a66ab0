using System.Buffers.Binary;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>An instance read back in the plainest way: attributes, frames in file order, and what its offset tables claim.</summary>
internal sealed class WrittenInstance
{
    public WrittenInstance(string path)
    {
        var file = File.ReadAllBytes(path);
        Assert.Equal("DICM"u8, file.AsSpan(128, 4));
        Set = DicomDataSet.Load(new DicomReader(file.AsMemory(132), TransferSyntax.ExplicitVrLittleEndian));
        var pixels = Set.Find(Tags.PixelData)!;
        if (!pixels.IsEncapsulated)
        {
            Frames.Add(file.AsMemory(132 + (int)pixels.Range.Offset, (int)pixels.Range.Length));
            return;
        }

        var first = pixels.Fragments[1].Range.Offset - 8;
        foreach (var fragment in pixels.Fragments.Skip(1))
        {
            Frames.Add(file.AsMemory(132 + (int)fragment.Range.Offset, (int)fragment.Range.Length));
            ItemOffsets.Add(fragment.Range.Offset - 8 - first);
        }

        var table = pixels.Fragments[0].Range;
        for (var at = table.Offset; at < table.Offset + table.Length; at += 4)
            BasicOffsets.Add(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(132 + (int)at)));
    }

    public DicomDataSet Set { get; }

    public List<ReadOnlyMemory<byte>> Frames { get; } = [];

    /// <summary>Where each fragment's item begins, counted from the first one's.</summary>
    public List<long> ItemOffsets { get; } = [];

    public List<long> BasicOffsets { get; } = [];

    /// <summary>Tile (column, row) of each frame as its functional group says.</summary>
    public IEnumerable<(int Column, int Row)> Positions => Set.GetSequence(Tags.PerFrameFunctionalGroupsSequence)
        .Select(item => item.GetItem(Tags.PlanePositionSlideSequence)!)
        .Select(position => (
            (position.GetInt32(Tags.ColumnPositionInTotalImagePixelMatrix)!.Value - 1) / Set.GetInt32(Tags.Columns)!.Value,
            (position.GetInt32(Tags.RowPositionInTotalImagePixelMatrix)!.Value - 1) / Set.GetInt32(Tags.Rows)!.Value));
}
