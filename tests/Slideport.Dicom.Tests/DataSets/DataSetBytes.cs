using System.Buffers.Binary;
using System.Text;
using Slideport.Dicom.DataSets;

namespace Slideport.Dicom.Tests.DataSets;

/// <summary>Writes data sets byte by byte, right or wrong.</summary>
internal sealed class DataSetBytes(bool bigEndian = false)
{
    public const uint Undefined = 0xFFFFFFFF;

    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    /// <summary>An element with a VR, its length in 16 or 32 bits by the VR's rule, or as told.</summary>
    public DataSetBytes Explicit(DicomTag tag, string vr, byte[] value, uint? length = null)
    {
        Tag(tag);
        _bytes.AddRange(Encoding.Latin1.GetBytes(vr));
        if (Vr.Parse(vr) is { HasLongLength: true } && vr != "??")
        {
            _bytes.AddRange([0, 0]);
            UInt32(length ?? (uint)value.Length);
        }
        else
        {
            UInt16((ushort)(length ?? (uint)value.Length));
        }

        return Raw(value);
    }

    public DataSetBytes Explicit(DicomTag tag, string vr, string value) => Explicit(tag, vr, Encoding.Latin1.GetBytes(value));

    /// <summary>An element without VR.</summary>
    public DataSetBytes Implicit(DicomTag tag, byte[] value, uint? length = null)
    {
        Tag(tag);
        UInt32(length ?? (uint)value.Length);
        return Raw(value);
    }

    public DataSetBytes Item(uint length = Undefined) => Implicit(new DicomTag(0xFFFEE000), [], length);

    public DataSetBytes Item(byte[] contents) => Implicit(new DicomTag(0xFFFEE000), contents);

    public DataSetBytes EndItem() => Implicit(new DicomTag(0xFFFEE00D), []);

    public DataSetBytes EndSequence() => Implicit(new DicomTag(0xFFFEE0DD), []);

    public DataSetBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private void Tag(DicomTag tag)
    {
        UInt16(tag.Group);
        UInt16(tag.Element);
    }

    private void UInt16(ushort value)
    {
        var bytes = new byte[2];
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void UInt32(uint value)
    {
        var bytes = new byte[4];
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }
}
