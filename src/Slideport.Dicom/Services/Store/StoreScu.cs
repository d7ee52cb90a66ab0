using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.Store;

/// <summary>Storage SCU (PS3.4 B): sends Part 10 files, whatever their size, straight from the file.</summary>
public static class StoreScu
{
    /// <summary>Sends one instance and waits for the answer.</summary>
    /// <param name="association">An association with a context for the file's SOP class and transfer syntax.</param>
    /// <param name="file">The instance.</param>
    /// <param name="progress">Told the bytes of the data set sent so far.</param>
    /// <param name="cancellationToken">Gives up; the association is then of no more use.</param>
    /// <returns>The peer's status and comment.</returns>
    /// <exception cref="AssociationException">No such context was accepted, or the association broke.</exception>
    public static Task<StoreOutcome> SendAsync(
        Association association, Part10File file, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        SendAsync(association, file, progress, pace: null, cancellationToken);

    /// <summary>The same at a pace of the caller's.</summary>
    /// <param name="association">An association with a context for the file's SOP class and transfer syntax.</param>
    /// <param name="file">The instance.</param>
    /// <param name="progress">Told the bytes of the data set sent so far.</param>
    /// <param name="pace">Asked before so many further bytes go out; may make them wait. Null sends as fast as the peer takes.</param>
    /// <param name="cancellationToken">Gives up; the association is then of no more use.</param>
    /// <returns>The peer's status and comment.</returns>
    /// <exception cref="AssociationException">No such context was accepted, or the association broke.</exception>
    public static async Task<StoreOutcome> SendAsync(
        Association association, Part10File file, IProgress<long>? progress, Func<int, CancellationToken, ValueTask>? pace, CancellationToken cancellationToken)
    {
        var sopClass = file.FileMeta.GetString(Tags.MediaStorageSOPClassUID) ?? "";
        var instance = file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID) ?? "";
        var context = association.FindContext(sopClass, file.TransferSyntax)
            ?? throw new AssociationException(AssociationFault.Rejected, $"The peer takes no {file.TransferSyntax.Name} of SOP class {sopClass}.");
        var command = CommandSet.Request(CommandField.CStoreRq, association.NextMessageId(), hasDataSet: true, sopClass, instance);
        await association.Sender.SendAsync(context, command, cancellationToken);
        var range = new FileRange(file.DataSetOffset, RandomAccess.GetLength(file.Handle) - file.DataSetOffset);
        await association.Sender.SendAsync(context, file.Handle, range, progress, pace, cancellationToken);

        var answer = (await association.ReadAnswerAsync(cancellationToken)).Command;
        return answer.Field == CommandField.CStoreRsp && answer.RespondedMessageId == command.MessageId
            ? new StoreOutcome(answer.Status, answer.ErrorComment)
            : throw new AssociationException(AssociationFault.Peer, $"The peer answered a C-STORE with {answer.Field}.");
    }
}
