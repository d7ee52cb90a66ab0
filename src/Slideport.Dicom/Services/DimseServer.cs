using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services;

/// <summary>
/// Serves the messages of one association in order, until the peer releases it. One poisoned message is answered and forgotten; the
/// next is served as if it had not been.
/// </summary>
internal sealed class DimseServer
{
    private readonly DicomServices _services;
    private readonly AssociationInfo _association;
    private readonly AssociationChannel _channel;
    private readonly Action<AssociationEvent> _observe;
    private readonly DimseReader _reader;
    private readonly DimseWriter _writer;
    private readonly StoreScp? _store;
    private readonly StorageCommitmentScp? _commitment;

    public DimseServer(
        DicomServices services, AssociationInfo association, AssociationChannel channel, Action<AssociationEvent> observe)
    {
        _services = services;
        _association = association;
        _channel = channel;
        _observe = observe;
        _reader = new DimseReader(channel);
        _writer = new DimseWriter(channel);
        _store = services.Store is { } store ? new StoreScp(store, _reader, _writer) : null;
        _commitment = services.StorageCommitment is { } commitment ? new StorageCommitmentScp(commitment, _reader, _writer) : null;
    }

    /// <summary>Returns when the peer asks to release; the caller answers that.</summary>
    /// <param name="leave">Ends the wait for the next message, but not a message that has begun.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    /// <exception cref="AssociationException">The association ended in any other way.</exception>
    public async ValueTask ServeAsync(CancellationToken leave, CancellationToken cancellationToken)
    {
        while (await _reader.ReadAsync(_channel.Limits.IdleTimeout, leave) is { } message)
            await ServeAsync(message, cancellationToken);
    }

    /// <summary>The association has ended: what its peer did not take is handed to whoever may bring it another way.</summary>
    public async ValueTask EndedAsync()
    {
        if (_commitment is not null)
            await _commitment.HandOverAsync(_association, (report, e) => Failed($"The report of storage commitment {report.TransactionUid} was not delivered: {e.Message}", e));
    }

    private async ValueTask ServeAsync(DimseMessage message, CancellationToken cancellationToken)
    {
        if (!BelongsToContext(message))
        {
            await _reader.DrainAsync(cancellationToken);
            await AnswerAsync(message, DimseStatus.SopClassNotSupported, cancellationToken);
            return;
        }

        switch (message.Command.Field)
        {
            case CommandField.CEchoRq:
                await _reader.DrainAsync(cancellationToken);
                await AnswerAsync(message, DimseStatus.Success, cancellationToken);
                break;
            case CommandField.CStoreRq when _store is not null:
                await StoreAsync(_store, message, cancellationToken);
                break;
            case CommandField.NActionRq when _commitment is not null:
                if (await _commitment.ServeAsync(_association, message, cancellationToken) is { } error)
                    Failed("A storage commitment request failed.", error);
                break;
            case CommandField.NEventReportRq when _services.StorageCommitmentReports is { } reports:
                await TakeReportAsync(reports, message, cancellationToken);
                break;
            case CommandField.NEventReportRsp when _commitment is not null && _commitment.TakeAnswer(message.Command):
                if (message.Command.Status != DimseStatus.Success)
                    Failed($"A storage commitment report was answered {message.Command.Status}; it counts as not delivered.", null);
                await _reader.DrainAsync(cancellationToken);
                break;
            case CommandField.CCancelRq:
                break; // nothing here can be cancelled; the standard asks for no answer
            case { } field when ((int)field & 0x8000) != 0:
                throw await _reader.RefuseAsync(AbortReason.UnexpectedParameter, $"A response ({(int)field:X4}) came to which there is no request.");
            default:
                await _reader.DrainAsync(cancellationToken);
                await AnswerAsync(message, DimseStatus.UnrecognizedOperation, cancellationToken);
                break;
        }
    }

    // A service is that of the SOP class its context was agreed for (PS3.7 D.3.2); a success elsewhere would promise what nobody negotiated.
    private static bool BelongsToContext(DimseMessage message)
    {
        var agreed = message.Context.AbstractSyntax;
        var names = message.Command.SopClassUid ?? agreed;
        return message.Command.Field switch
        {
            CommandField.CEchoRq => agreed == Uids.Verification && names == agreed,
            CommandField.NActionRq or CommandField.NEventReportRq => agreed == Uids.StorageCommitmentPushModel && names == agreed,
            CommandField.CStoreRq => agreed is not (Uids.Verification or Uids.StorageCommitmentPushModel),
            _ => true,
        };
    }

    private async ValueTask StoreAsync(StoreScp store, DimseMessage message, CancellationToken cancellationToken)
    {
        var (outcome, error) = await store.ServeAsync(_association, message, cancellationToken);
        if (outcome.Status != DimseStatus.Success)
        {
            Failed(
                $"C-STORE of {message.Command.SopInstanceUid ?? "an instance without UID"} answered {outcome.Status}{(outcome.ErrorComment is { } c ? $": {c}" : "")}.",
                error,
                outcome.Status);
        }
    }

    private async ValueTask TakeReportAsync(IStorageCommitmentReportHandler reports, DimseMessage message, CancellationToken cancellationToken)
    {
        if (CommitmentDataSets.RefusalOf(message.Command) is { } refusal)
        {
            await _reader.DrainAsync(cancellationToken);
            await AnswerAsync(message, refusal, cancellationToken);
            return;
        }

        var status = DimseStatus.Success;
        try
        {
            var report = CommitmentDataSets.ReadReport(await _reader.ReadDataSetAsync(message, cancellationToken));
            await reports.ReportedAsync(report, cancellationToken);
        }
        catch (DicomFormatException e)
        {
            status = DimseStatus.InvalidArgumentValue;
            Failed($"A storage commitment report cannot be read: {e.Message}", e);
        }
#pragma warning disable CA1031 // A handler's failure is this message's failure, never the association's or the process's.
        catch (Exception e) when (e is not AssociationException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
#pragma warning restore CA1031
        {
            status = DimseStatus.ProcessingFailure;
            Failed($"A storage commitment report failed: {e.Message}", e);
        }

        await AnswerAsync(message, status, cancellationToken);
    }

    private ValueTask AnswerAsync(DimseMessage message, DimseStatus status, CancellationToken cancellationToken) =>
        _writer.SendAsync(message.Context, message.Command.Respond(status), cancellationToken);

    private void Failed(string text, Exception? error, DimseStatus? storeStatus = null) =>
        _observe(new AssociationEvent(AssociationEventKind.MessageFailed, _association.Peer, text, error, storeStatus));
}
