using System.Buffers.Binary;

namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>One presentation data value (PS3.8 9.3.5.1 and Annex E): a piece of a command or of a data set, by its place in the PDU's body.</summary>
internal readonly record struct PresentationDataValue(byte ContextId, bool IsCommand, bool IsLast, int Offset, int Length);

/// <summary>P-DATA-TF (PS3.8 9.3.5): the values it holds, one after the other. Nothing is copied.</summary>
internal static class PDataTf
{
    /// <summary>Length, context id and message control header in front of each value.</summary>
    public const int ValueHeaderBytes = 6;

    /// <summary>Reads the value at <paramref name="offset"/> of a P-DATA-TF's body; the next one begins where it ends.</summary>
    /// <exception cref="PduException">The length is below 2 or leaves the PDU.</exception>
    public static PresentationDataValue ReadValue(ReadOnlySpan<byte> body, int offset)
    {
        var rest = body[offset..];
        if (rest.Length < ValueHeaderBytes)
            throw new PduException(AbortReason.InvalidParameterValue, "A P-DATA-TF ends inside the header of a value.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length < 2 || length > rest.Length - 4)
            throw new PduException(AbortReason.InvalidParameterValue, $"A presentation data value claims {length} bytes where {rest.Length - 4} are left.");
        var control = rest[5];
        return new PresentationDataValue(rest[4], (control & 1) != 0, (control & 2) != 0, offset + ValueHeaderBytes, (int)length - 2);
    }

    /// <summary>Writes the headers of a P-DATA-TF with one value of <paramref name="length"/> bytes into the 12 bytes before it.</summary>
    public static void WriteHeaders(Span<byte> target, byte contextId, bool isCommand, bool isLast, int length)
    {
        target[0] = (byte)PduType.PDataTf;
        target[1] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(target[2..], (uint)(length + ValueHeaderBytes));
        BinaryPrimitives.WriteUInt32BigEndian(target[6..], (uint)(length + 2));
        target[10] = contextId;
        target[11] = (byte)((isCommand ? 1 : 0) | (isLast ? 2 : 0));
    }
}
