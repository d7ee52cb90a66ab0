using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi;

/// <summary>
/// Reads Per-Frame Functional Groups while the data set streams past. A GT 450's level 0 has 140 000 items of 150 to 300 bytes there; as
/// data sets they would cost some 700 MB, as two arrays 1 MB.
/// </summary>
internal sealed class FrameGroupsReader
{
    private const int MaxOpticalPaths = 16;

    private int[] _columns = [];
    private int[] _rows = [];
    private int _count;
    private bool _hasPositions;
    private readonly List<byte[]> _opticalPaths = [];

    /// <summary>How many distinct Optical Path Identifiers (0048,0106) frames have; not counted beyond 16.</summary>
    public int OpticalPathCount => _opticalPaths.Count;

    /// <summary>Z Offset in Slide Coordinate System (0040,074A) of the frame lowest above the glass; null if none tells.</summary>
    public double? LowestZ { get; private set; }

    /// <summary>The same of the highest one.</summary>
    public double? HighestZ { get; private set; }

    /// <summary>Pixel Spacing (0028,0030) of the first frame that has one of its own, as written.</summary>
    public string? PixelSpacing { get; private set; }

    /// <summary>Frames described, with or without a position.</summary>
    public int Count => _count;

    /// <summary>The positions; null if no frame has one.</summary>
    public FramePositions? Positions => _hasPositions ? new FramePositions(_columns, _rows, _count) : null;

    /// <summary>
    /// The <see cref="DicomElementHandler"/>: takes the outermost Per-Frame Functional Groups Sequence, leaves everything else.
    /// </summary>
    public bool Handle(DicomReader reader)
    {
        if (reader.Tag != Tags.PerFrameFunctionalGroupsSequence || reader.Token != DicomToken.SequenceStart || reader.Depth != 0)
            return false;
        while (reader.Read() && !(reader.Token == DicomToken.SequenceEnd && reader.Depth == 0)) Take(reader);
        return true;
    }

    private void Take(DicomReader reader)
    {
        switch (reader.Token)
        {
            case DicomToken.ItemStart when reader.Depth == 1:
                AddFrame();
                break;
            case DicomToken.SequenceStart when !IsOfUse(reader.Tag):
                reader.Skip();
                break;
            case DicomToken.Element when reader.Tag == Tags.ColumnPositionInTotalImagePixelMatrix:
                Set(_columns, reader);
                break;
            case DicomToken.Element when reader.Tag == Tags.RowPositionInTotalImagePixelMatrix:
                Set(_rows, reader);
                break;
            case DicomToken.Element when reader.Tag == Tags.ZOffsetInSlideCoordinateSystem:
                TakeZ(reader.ReadValue());
                break;
            case DicomToken.Element when reader.Tag == Tags.OpticalPathIdentifier:
                TakeOpticalPath(reader.ReadValue());
                break;
            case DicomToken.Element when reader.Tag == Tags.PixelSpacing && PixelSpacing is null:
                PixelSpacing = Encoding.ASCII.GetString(reader.ReadValue());
                break;
        }
    }

    private static bool IsOfUse(DicomTag sequence) =>
        sequence == Tags.PlanePositionSlideSequence || sequence == Tags.OpticalPathIdentificationSequence
            || sequence == Tags.PixelMeasuresSequence;

    /// <summary>Grows with the items that are really there, never with a number that promises them.</summary>
    private void AddFrame()
    {
        if (_count == _columns.Length)
        {
            var size = Math.Max(64, checked(2 * _count));
            Array.Resize(ref _columns, size);
            Array.Resize(ref _rows, size);
        }

        _count++;
    }

    private void Set(int[] positions, DicomReader reader)
    {
        if (reader.ValueLength != sizeof(int) || _count == 0) return;
        positions[_count - 1] = BinaryPrimitives.ReadInt32LittleEndian(reader.ReadValue());
        _hasPositions = true;
    }

    private void TakeZ(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \0"u8);
        if (!Utf8Parser.TryParse(text, out double z, out var used) || used != text.Length) return;
        LowestZ = LowestZ is { } low ? Math.Min(low, z) : z;
        HighestZ = HighestZ is { } high ? Math.Max(high, z) : z;
    }

    private void TakeOpticalPath(ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \0"u8);
        foreach (var known in _opticalPaths)
            if (value.SequenceEqual(known)) return;
        if (_opticalPaths.Count < MaxOpticalPaths) _opticalPaths.Add(value.ToArray());
    }
}
