using Microsoft.Win32.SafeHandles;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services;

/// <summary>Sends messages as presentation data values, each as long as the peer takes; data sets from memory or straight from a file.</summary>
internal sealed class DimseWriter(AssociationChannel channel)
{
    public ValueTask SendAsync(NegotiatedContext context, CommandSet command, CancellationToken cancellationToken) =>
        SendBytesAsync(context.Id, isCommand: true, command.ToBytes(), cancellationToken);

    public ValueTask SendAsync(NegotiatedContext context, DicomDataSet dataSet, CancellationToken cancellationToken) =>
        SendBytesAsync(context.Id, isCommand: false, dataSet.ToBytes(context.TransferSyntax), cancellationToken);

    /// <summary>Sends a stretch of a file as the data set.</summary>
    /// <param name="context">Context of the message.</param>
    /// <param name="file">Where the bytes are.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="progress">Told the bytes sent so far, once per PDU.</param>
    /// <param name="pace">Asked before each PDU, with its bytes; null for no hold-ups.</param>
    /// <param name="cancellationToken">Gives up in the middle; the association is then of no more use.</param>
    public async ValueTask SendAsync(
        NegotiatedContext context, SafeFileHandle file, FileRange range, IProgress<long>? progress, Func<int, CancellationToken, ValueTask>? pace,
        CancellationToken cancellationToken)
    {
        var writer = channel.Writer;
        long sent = 0;
        do
        {
            var length = (int)Math.Min(writer.Value.Length, range.Length - sent);
            if (pace is not null) await pace(length, cancellationToken);
            ReadExactly(file, writer.Value.Span[..length], range.Offset + sent);
            sent += length;
            await channel.SendValueAsync(context.Id, isCommand: false, isLast: sent == range.Length, length, cancellationToken);
            progress?.Report(sent);
        }
        while (sent < range.Length);
    }

    private async ValueTask SendBytesAsync(byte contextId, bool isCommand, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writer = channel.Writer;
        while (true)
        {
            var length = Math.Min(writer.Value.Length, bytes.Length);
            bytes[..length].CopyTo(writer.Value);
            bytes = bytes[length..];
            await channel.SendValueAsync(contextId, isCommand, isLast: bytes.IsEmpty, length, cancellationToken);
            if (bytes.IsEmpty)
                return;
        }
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> target, long offset)
    {
        while (!target.IsEmpty)
        {
            var read = RandomAccess.Read(file, target, offset);
            if (read == 0)
                throw new EndOfStreamException("The file to send ends before its data set does.");
            target = target[read..];
            offset += read;
        }
    }
}
