using System.Buffers;
using System.Buffers.Binary;

namespace Slideport.Slides.Jpeg2000;

/// <summary>
/// JP2 boxes around a codestream (ITU-T T.800, annex I). DICOM frames and SVS tiles are raw codestreams; some writers of DICOM wrap them.
/// </summary>
public static class Jp2
{
    private const uint CodestreamBox = 0x6A703263;

    private static ReadOnlySpan<byte> Signature => [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' ', 0x0D, 0x0A, 0x87, 0x0A];

    /// <summary>Finds the raw codestream in a frame that may be wrapped as JP2.</summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="offset">Where the codestream begins: 0 if the frame is not wrapped.</param>
    /// <param name="length">Its length, padding behind an unwrapped codestream included.</param>
    /// <returns>Done; NeedMoreData when the boxes are cut before the codestream's end; InvalidData when this is neither.</returns>
    public static OperationStatus Unwrap(ReadOnlySpan<byte> frame, out int offset, out int length)
    {
        (offset, length) = (0, frame.Length);
        if (frame.StartsWith<byte>([0xFF, 0x4F])) return OperationStatus.Done;
        if (!frame.StartsWith(Signature)) return Signature.StartsWith(frame) ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;

        for (var at = Signature.Length; ;)
        {
            if (frame.Length - at < 8) return OperationStatus.NeedMoreData;
            ulong size = BinaryPrimitives.ReadUInt32BigEndian(frame[at..]);
            var type = BinaryPrimitives.ReadUInt32BigEndian(frame[(at + 4)..]);
            var header = 8;
            if (size == 1)
            {
                if (frame.Length - at < 16) return OperationStatus.NeedMoreData;
                size = BinaryPrimitives.ReadUInt64BigEndian(frame[(at + 8)..]);
                header = 16;
            }
            else if (size == 0)
            {
                // The last box may reach to the end of the file (I.4).
                size = (ulong)(frame.Length - at);
            }

            if (size < (ulong)header) return OperationStatus.InvalidData;
            if (size > (ulong)(frame.Length - at)) return OperationStatus.NeedMoreData;
            if (type == CodestreamBox)
            {
                (offset, length) = (at + header, (int)size - header);
                return OperationStatus.Done;
            }

            at += (int)size;
        }
    }
}
