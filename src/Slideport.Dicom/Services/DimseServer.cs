using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services;

/// <summary>
/// Serves the messages of one association in order, until the peer releases it. One poisoned message is answered and forgotten; the
/// next is served as if it had not been.
/// </summary>
internal sealed class DimseServer(
    DicomServices services, AssociationInfo association, AssociationChannel channel, Action<AssociationEvent> observe, TimeProvider time)
{
    private readonly DimseReader _reader = new(channel);
    private readonly DimseWriter _writer = new(channel);

    /// <summary>Returns when the peer asks to release; the caller answers that.</summary>
    /// <exception cref="AssociationException">The association ended in any other way.</exception>
    /// <returns>Work left for when the association is over: reports that could not be delivered on it.</returns>
    public async ValueTask<IReadOnlyList<Func<CancellationToken, Task>>> ServeAsync(CancellationToken cancellationToken)
    {
        var store = services.Store is { } handler ? new StoreScp(handler, _reader, _writer, channel.Limits, time) : null;
        var commitment = services.StorageCommitment is { } commits ? new StorageCommitmentScp(commits, _reader, _writer, channel.Limits) : null;
        var afterwards = new List<Func<CancellationToken, Task>>();
        while (await _reader.ReadAsync(channel.Limits.IdleTimeout, cancellationToken) is { } message)
        {
            switch (message.Command.Field)
            {
                case CommandField.CEchoRq:
                    await SkipDataAsync(cancellationToken);
                    await AnswerAsync(message, DimseStatus.Success, cancellationToken);
                    break;
                case CommandField.CStoreRq when store is not null:
                    await StoreAsync(store, message, cancellationToken);
                    break;
                case CommandField.NActionRq when commitment is not null:
                    var (released, undelivered) = await commitment.ServeAsync(association, message, cancellationToken);
                    if (undelivered is not null)
                        afterwards.Add(ct => commitment.ReportElsewhereAsync(association, undelivered, ct));
                    if (released)
                        return afterwards;
                    break;
                case CommandField.NEventReportRq when services.StorageCommitmentReports is { } reports:
                    var report = CommitmentDataSets.ReadReport(await _reader.ReadDataSetAsync(message, cancellationToken));
                    await reports.ReportedAsync(report, cancellationToken);
                    await AnswerAsync(message, DimseStatus.Success, cancellationToken);
                    break;
                case CommandField.CCancelRq:
                    break; // nothing here can be cancelled; the standard asks for no answer
                default:
                    await SkipDataAsync(cancellationToken);
                    await AnswerAsync(message, DimseStatus.UnrecognizedOperation, cancellationToken);
                    break;
            }
        }

        return afterwards;
    }

    private async ValueTask StoreAsync(StoreScp store, DimseMessage message, CancellationToken cancellationToken)
    {
        var (outcome, error) = await store.ServeAsync(association, message, cancellationToken);
        if (outcome.Status != DimseStatus.Success)
        {
            observe(new AssociationEvent(
                AssociationEventKind.MessageFailed, association.Peer,
                $"C-STORE of {message.Command.SopInstanceUid} answered {outcome.Status}{(outcome.ErrorComment is { } c ? $": {c}" : "")}.", error));
        }
    }

    private ValueTask AnswerAsync(DimseMessage message, DimseStatus status, CancellationToken cancellationToken) =>
        _writer.SendAsync(message.Context, message.Command.Respond(status), cancellationToken);

    private async ValueTask SkipDataAsync(CancellationToken cancellationToken)
    {
        while (await _reader.ReadDataAsync(cancellationToken) is not null)
        {
            // The operation has no use for a data set; it is read so that the next message is found.
        }
    }
}
