using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// Per-Frame Functional Groups (5200,9230) for frames that state their position (PS3.3 C.8.12.6): one item of constant size for each frame,
/// made by filling in a template, so that a hundred thousand of them pass through one buffer. Explicit VR Little Endian.
/// </summary>
internal sealed class PerFrameGroups
{
    private const int DecimalChars = 10; // -123.45678: every slide's coordinates in mm and µm

    private readonly byte[] _item;
    private readonly int _indexAt;
    private readonly int _xAt;
    private readonly int _yAt;
    private readonly int _columnAt;
    private readonly int _rowAt;
    private readonly WsiImageDescription _image;
    private readonly (double X, double Y) _origin;

    /// <summary>Items for a level whose first pixel lies at <paramref name="origin"/> in mm.</summary>
    public PerFrameGroups(WsiImageDescription image, (double X, double Y) origin)
    {
        (_image, _origin) = (image, origin);
        using var item = new MemoryStream();
        Sequence(item, 0x0020, 0x9111, 16); // FrameContentSequence
        _indexAt = Element(item, 0x0020, 0x9157, "UL", 8); // DimensionIndexValues
        Sequence(item, 0x0048, 0x0207, 10); // OpticalPathIdentificationSequence
        var path = Element(item, 0x0048, 0x0106, "SH", 2); // OpticalPathIdentifier
        Sequence(item, 0x0048, 0x021A, 3 * (8 + DecimalChars) + 2 * 12); // PlanePositionSlideSequence
        _xAt = Element(item, 0x0040, 0x072A, "DS", DecimalChars); // XOffsetInSlideCoordinateSystem
        _yAt = Element(item, 0x0040, 0x073A, "DS", DecimalChars);
        var z = Element(item, 0x0040, 0x074A, "DS", DecimalChars);
        _columnAt = Element(item, 0x0048, 0x021E, "SL", 4); // ColumnPositionInTotalImagePixelMatrix
        _rowAt = Element(item, 0x0048, 0x021F, "SL", 4);
        var body = item.ToArray();
        "1 "u8.CopyTo(body.AsSpan(path));
        Decimal(body.AsSpan(z), 0);
        _item = [.. ItemHeader(body.Length), .. body];
        (_indexAt, _xAt, _yAt, _columnAt, _rowAt) = (_indexAt + 8, _xAt + 8, _yAt + 8, _columnAt + 8, _rowAt + 8);
    }

    /// <summary>Writes the sequence for the frames of one part.</summary>
    public void Write(DicomWriter output, FrameOrder order, WsiPart part, CancellationToken cancellationToken)
    {
        // Undefined length: a defined one would make the writer hold all of it in memory.
        output.StartSequence(Tags.PerFrameFunctionalGroupsSequence);
        for (var frame = part.FirstFrame; frame < part.FirstFrame + part.FrameCount; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Fill(order.TileOf(frame));
            output.WriteRaw(_item);
        }

        output.EndSequence();
    }

    private void Fill(int tile)
    {
        var (row, column) = Math.DivRem(tile, _image.TilesAcross);
        var (left, top) = (column * _image.TileColumns, row * _image.TileRows);
        // Dimension indices count from 1, in the order the Dimension Index Sequence names them: column, row.
        BinaryPrimitives.WriteInt32LittleEndian(_item.AsSpan(_indexAt), column + 1);
        BinaryPrimitives.WriteInt32LittleEndian(_item.AsSpan(_indexAt + 4), row + 1);
        // With the orientation 0\-1\0\-1\0\0 columns run along -Y and rows along -X of the slide.
        Decimal(_item.AsSpan(_xAt), _origin.X - top * _image.RowSpacing);
        Decimal(_item.AsSpan(_yAt), _origin.Y - left * _image.ColumnSpacing);
        BinaryPrimitives.WriteInt32LittleEndian(_item.AsSpan(_columnAt), left + 1);
        BinaryPrimitives.WriteInt32LittleEndian(_item.AsSpan(_rowAt), top + 1);
    }

    /// <summary>A DS of constant length: leading spaces are insignificant (PS3.5 6.2).</summary>
    private static void Decimal(Span<byte> target, double value)
    {
        target = target[..DecimalChars];
        // Beyond what the field holds there is no slide; the pixel position is what counts anyway.
        value = Math.Clamp(value, -999.99999, 9999.99999);
        Utf8.TryWrite(target, CultureInfo.InvariantCulture, $"{value,DecimalChars:F5}", out _);
    }

    /// <summary>A sequence of defined length with one item whose header follows.</summary>
    private static void Sequence(MemoryStream stream, ushort group, ushort element, int itemBytes)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(header, group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
        "SQ\0\0"u8.CopyTo(header[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], itemBytes + 8);
        stream.Write(header);
        stream.Write(ItemHeader(itemBytes));
    }

    /// <summary>An element of zeros; where its value begins.</summary>
    private static int Element(MemoryStream stream, ushort group, ushort element, string vr, int length)
    {
        Span<byte> header = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(header, group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
        Encoding.ASCII.GetBytes(vr, header[4..]);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)length);
        stream.Write(header);
        var at = (int)stream.Position;
        stream.Write(stackalloc byte[length]);
        return at;
    }

    private static byte[] ItemHeader(int length)
    {
        byte[] header = [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), length);
        return header;
    }
}
