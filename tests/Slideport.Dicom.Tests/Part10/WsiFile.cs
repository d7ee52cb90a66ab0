using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Dicom.Tests.Part10;

/// <summary>Small DICOM files with encapsulated Pixel Data, right and wrong.</summary>
internal static class WsiFile
{
    /// <summary>A frame that begins and ends like a JPEG, and tells its number.</summary>
    public static byte[] Frame(int number, int length = 20)
    {
        var frame = new byte[length];
        Array.Fill(frame, (byte)number);
        (frame[0], frame[1], frame[^2], frame[^1]) = (0xFF, 0xD8, 0xFF, 0xD9);
        return frame;
    }

    public static DicomDataSet DataSet(int frames) => new DicomDataSet()
        .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
        .Set(Tags.SOPInstanceUID, "2.25.7")
        .Set(Tags.SamplesPerPixel, 3)
        .Set(Tags.NumberOfFrames, frames)
        .Set(Tags.Rows, 2)
        .Set(Tags.Columns, 3)
        .Set(Tags.BitsAllocated, 8);

    /// <summary>Header and data set up to Pixel Data.</summary>
    public static MemoryStream Start(int frames, TransferSyntax syntax)
    {
        var stream = new MemoryStream();
        stream.Write(Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, "2.25.7", syntax.Uid, "SCANNER"));
        stream.Write(DataSet(frames).ToBytes(syntax));
        return stream;
    }

    /// <summary>A file with these fragments, the offset table first, and whatever is to stand in place of the delimiter.</summary>
    public static byte[] WithFragments(int frames, byte[] table, byte[][] fragments, bool close = true, byte[]? extended = null, byte[]? extendedLengths = null)
    {
        using var stream = Start(frames, TransferSyntax.JpegBaseline8Bit);
        var writer = new DicomWriter(stream, TransferSyntax.JpegBaseline8Bit);
        if (extended is not null) writer.WriteElement(Tags.ExtendedOffsetTable, Vr.OV, extended);
        if (extendedLengths is not null) writer.WriteElement(Tags.ExtendedOffsetTableLengths, Vr.OV, extendedLengths);
        writer.StartFragments(Tags.PixelData, Vr.OB);
        foreach (var fragment in fragments.Prepend(table))
        {
            writer.WriteFragmentHeader(fragment.Length);
            writer.WriteRaw(fragment);
        }

        if (close) writer.EndFragments();
        writer.Flush();
        return stream.ToArray();
    }

    public static byte[] UInt32s(params uint[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] UInt64s(params ulong[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Read(string path, IEnumerable<FileRange> ranges)
    {
        var bytes = File.ReadAllBytes(path);
        return [.. ranges.SelectMany(r => bytes[(int)r.Offset..(int)r.End])];
    }
}
