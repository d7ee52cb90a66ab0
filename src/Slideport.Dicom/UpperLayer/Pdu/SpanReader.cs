using System.Buffers.Binary;
using System.Text;

namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>Walks the body of a PDU (big endian, PS3.8 9.3); a length that leaves the body is an invalid parameter value.</summary>
internal ref struct SpanReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public void Skip(int count) => Take(count);

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new PduException(AbortReason.InvalidParameterValue, $"An item claims {count} bytes where {_rest.Length} are left.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>One item: type, a reserved byte, a 16-bit length and its value.</summary>
    public (byte Type, int Length) ItemHeader()
    {
        var type = Byte();
        Skip(1);
        return (type, UInt16());
    }

    public ReadOnlySpan<byte> Rest() => Take(_rest.Length);

    /// <summary>A UID or name: ISO 646, not padded by the standard, but padded with NUL or space by some.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes).Trim('\0', ' ');
}
