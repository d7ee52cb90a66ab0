using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>Writes a PDU with its nested items (big endian); lengths are filled in when what they measure is complete.</summary>
internal sealed class PduBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public PduBuilder(PduType type)
    {
        Byte((byte)type).Byte(0).UInt32(0);
    }

    public PduBuilder Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public PduBuilder UInt16(ushort value) => Byte((byte)(value >> 8)).Byte((byte)(value & 0xFF));

    public PduBuilder UInt32(uint value) => UInt16((ushort)(value >> 16)).UInt16((ushort)(value & 0xFFFF));

    public PduBuilder Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    public PduBuilder Text(string value) => Raw(Encoding.Latin1.GetBytes(value));

    /// <summary>An AE title: 16 bytes, padded with spaces (PS3.8 9.3.2).</summary>
    public PduBuilder AETitle(string value) => Text(value.PadRight(16)[..16]);

    /// <summary>An item with its 16-bit length around what <paramref name="content"/> writes.</summary>
    public PduBuilder Item(byte type, Action<PduBuilder> content)
    {
        Byte(type).Byte(0).UInt16(0);
        var start = _bytes.WrittenCount;
        content(this);
        BinaryPrimitives.WriteUInt16BigEndian(MemoryMarshal.AsMemory(_bytes.WrittenMemory).Span[(start - 2)..], checked((ushort)(_bytes.WrittenCount - start)));
        return this;
    }

    public byte[] ToBytes()
    {
        var bytes = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), (uint)(bytes.Length - 6));
        return bytes;
    }
}
