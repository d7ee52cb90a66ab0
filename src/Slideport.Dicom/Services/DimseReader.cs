using Slideport.Dicom.DataSets;
using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.Services;

/// <summary>
/// Puts messages together from presentation data values (PS3.8 Annex E): first the command, whole; then the data set, fragment by
/// fragment as it comes, each a slice of the connection's buffer. A message of any size passes through without being held.
/// </summary>
internal sealed class DimseReader(AssociationChannel channel)
{
    private ReadOnlyMemory<byte> _body;
    private int _offset;
    private byte _contextId;
    private bool _dataSetOpen;

    /// <summary>The next message's command; null when the peer asks to release.</summary>
    /// <exception cref="AssociationException">See <see cref="AssociationChannel.ReceiveAsync"/>; also for values that may not come now.</exception>
    public async ValueTask<DimseMessage?> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var command = new MemoryStream();
        while (true)
        {
            if (await NextAsync(command.Length == 0 ? patience : channel.Limits.ProgressTimeout, cancellationToken) is not { } value)
                return command.Length == 0 ? null : throw await RefuseAsync(AbortReason.UnexpectedPdu, "The peer asked to release inside a command.");
            if (!value.IsCommand || (command.Length > 0 && value.ContextId != _contextId))
                throw await RefuseAsync(AbortReason.UnexpectedParameter, "A data set came where a command should be.");
            if (command.Length + value.Length > channel.Limits.MaxCommandBytes)
                throw await RefuseAsync(AbortReason.InvalidParameterValue, $"A command is longer than {channel.Limits.MaxCommandBytes} bytes.");
            _contextId = value.ContextId;
            command.Write(_body.Span.Slice(value.Offset, value.Length));
            if (value.IsLast)
                return await ParseAsync(command.ToArray());
        }
    }

    /// <summary>The next fragment of the data set, valid until the next call; null after the last.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadDataAsync(CancellationToken cancellationToken)
    {
        if (!_dataSetOpen)
            return null;
        if (await NextAsync(channel.Limits.ProgressTimeout, cancellationToken) is not { } value)
            throw await RefuseAsync(AbortReason.UnexpectedPdu, "The peer asked to release inside a data set.");
        if (value.IsCommand || value.ContextId != _contextId)
            throw await RefuseAsync(AbortReason.UnexpectedParameter, "A command came inside a data set.");
        _dataSetOpen = !value.IsLast;
        return _body.Slice(value.Offset, value.Length);
    }

    /// <summary>Reads what is left of a data set nobody wants, so that the next message is found; a peer that takes too long over it is aborted.</summary>
    /// <exception cref="AssociationException">It took longer than <see cref="AssociationLimits.DrainTimeout"/>.</exception>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        var started = channel.Time.GetTimestamp();
        while (await ReadDataAsync(cancellationToken) is not null)
        {
            if (channel.Time.GetElapsedTime(started) > channel.Limits.DrainTimeout)
                throw new AssociationException(AssociationFault.Timeout, "The rest of a data set that was not wanted took too long.");
        }
    }

    /// <summary>A whole data set that is small by nature.</summary>
    /// <exception cref="DicomFormatException">It is not a data set, or longer than the limit; its rest has been read.</exception>
    public async ValueTask<DicomDataSet> ReadDataSetAsync(DimseMessage message, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        while (await ReadDataAsync(cancellationToken) is { } fragment)
        {
            if (bytes.Length + fragment.Length > channel.Limits.MaxMessageDataSetBytes)
            {
                await DrainAsync(cancellationToken);
                throw new DicomFormatException($"A data set is longer than the {channel.Limits.MaxMessageDataSetBytes} bytes taken", bytes.Length);
            }

            bytes.Write(fragment.Span);
        }

        return DicomDataSet.Load(bytes.ToArray(), message.Context.TransferSyntax);
    }

    // The next value, from the PDU at hand or the next one; null at a release request.
    private async ValueTask<PresentationDataValue?> NextAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_offset == _body.Length)
        {
            if (await channel.ReceiveAsync(patience, cancellationToken) is not { } pdu)
                return null;
            if (pdu.Body.IsEmpty)
                throw await RefuseAsync(AbortReason.InvalidParameterValue, "A P-DATA-TF holds no value.");
            _body = pdu.Body;
            _offset = 0;
        }

        PresentationDataValue value;
        try
        {
            value = PDataTf.ReadValue(_body.Span, _offset);
        }
        catch (PduException e)
        {
            throw await RefuseAsync(e.Reason, e.Message);
        }

        if (!channel.Contexts.ContainsKey(value.ContextId))
            throw await RefuseAsync(AbortReason.UnexpectedParameter, $"Presentation context {value.ContextId} was not agreed on.");
        _offset = value.Offset + value.Length;
        return value;
    }

    private async ValueTask<DimseMessage> ParseAsync(byte[] bytes)
    {
        try
        {
            var command = CommandSet.Parse(bytes);
            _dataSetOpen = command.HasDataSet;
            return new DimseMessage(channel.Contexts[_contextId], command);
        }
        catch (DicomFormatException e)
        {
            throw await RefuseAsync(AbortReason.InvalidParameterValue, $"A command cannot be read: {e.Message}");
        }
    }

    /// <summary>Aborts the association for what the peer did; the exception to throw then.</summary>
    public async ValueTask<AssociationException> RefuseAsync(AbortReason reason, string message)
    {
        await channel.BreakAsync(reason);
        return new AssociationException(AssociationFault.Peer, message);
    }
}
