using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.Echo;

/// <summary>Verification SCU (PS3.4 A).</summary>
public static class EchoScu
{
    /// <summary>Asks whether the peer is there and waits for the answer.</summary>
    /// <exception cref="AssociationException">The peer accepted no verification context, or the association broke.</exception>
    public static async Task<DimseStatus> EchoAsync(Association association, CancellationToken cancellationToken = default)
    {
        var context = association.FindContext(Uids.Verification)
            ?? throw new AssociationException(AssociationFault.Rejected, "The peer does not offer verification.");
        var command = CommandSet.Request(CommandField.CEchoRq, association.NextMessageId(), hasDataSet: false, Uids.Verification);
        await association.Sender.SendAsync(context, command, cancellationToken);
        return (await association.ReadAnswerAsync(cancellationToken)).Command.Status;
    }
}
