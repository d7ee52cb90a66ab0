using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.Store;

/// <summary>
/// Storage SCP: hands each fragment on as it arrives, and answers with what the handler says. When the handler refuses or fails, the rest
/// of the data set is still read, so that the association stays usable; a peer that takes too long over it is aborted.
/// </summary>
internal sealed class StoreScp(IStoreHandler handler, DimseReader reader, DimseWriter writer)
{
    /// <returns>What was answered, and the failure behind it.</returns>
    public async ValueTask<(StoreOutcome Outcome, Exception? Error)> ServeAsync(
        AssociationInfo association, DimseMessage message, CancellationToken cancellationToken)
    {
        var (outcome, error) = await TakeAsync(association, message, cancellationToken);
        await writer.SendAsync(message.Context, message.Command.Respond(outcome.Status, outcome.ErrorComment), cancellationToken);
        return (outcome, error);
    }

    private async ValueTask<(StoreOutcome Outcome, Exception? Error)> TakeAsync(
        AssociationInfo association, DimseMessage message, CancellationToken cancellationToken)
    {
        var command = message.Command;
        if (!command.HasDataSet)
            return (new StoreOutcome(DimseStatus.MistypedArgument, "C-STORE without a data set"), null);
        if (command.SopInstanceUid is not { } instance || command.SopClassUid is not { } sopClass)
            return (await DrainAsync(new StoreOutcome(DimseStatus.MissingAttribute, "No Affected SOP Class or Instance UID"), cancellationToken), null);
        if (sopClass != message.Context.AbstractSyntax)
            return (await DrainAsync(new StoreOutcome(DimseStatus.SopClassNotSupported, "SOP class is not that of the context"), cancellationToken), null);

        try
        {
            await using var reception = await handler.BeginAsync(
                new StoreRequest(association, command.MessageId, sopClass, instance, message.Context.TransferSyntax), cancellationToken);
            if (reception is RefusedReception)
                return (await DrainAsync(await reception.CompleteAsync(cancellationToken), cancellationToken), null);
            while (await reader.ReadDataAsync(cancellationToken) is { } fragment)
                await reception.WriteAsync(fragment, cancellationToken);
            return (await reception.CompleteAsync(cancellationToken), null);
        }
        catch (IOException e)
        {
            return (await DrainAsync(new StoreOutcome(DimseStatus.OutOfResources, "The instance could not be written"), cancellationToken), e);
        }
#pragma warning disable CA1031 // A handler's failure is this message's failure, never the association's or the process's.
        catch (Exception e) when (e is not AssociationException && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
#pragma warning restore CA1031
        {
            return (await DrainAsync(new StoreOutcome(DimseStatus.ProcessingFailure, "The instance could not be processed"), cancellationToken), e);
        }
    }

    private async ValueTask<StoreOutcome> DrainAsync(StoreOutcome outcome, CancellationToken cancellationToken)
    {
        await reader.DrainAsync(cancellationToken);
        return outcome;
    }
}
