using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services.Store;

/// <summary>A C-STORE request as its command announces it; nothing of it has been checked against the data set.</summary>
/// <param name="Association">On which association.</param>
/// <param name="MessageId">Number of the message on it.</param>
/// <param name="SopClassUid">Affected SOP Class UID.</param>
/// <param name="SopInstanceUid">Affected SOP Instance UID; text from the peer, not necessarily a UID.</param>
/// <param name="TransferSyntax">How the data set is encoded.</param>
public sealed record StoreRequest(AssociationInfo Association, ushort MessageId, string SopClassUid, string SopInstanceUid, TransferSyntax TransferSyntax);

/// <summary>The answer to a C-STORE request.</summary>
/// <param name="Status">What goes into the response.</param>
/// <param name="ErrorComment">Why, in at most 64 characters; null for none.</param>
public readonly record struct StoreOutcome(DimseStatus Status, string? ErrorComment = null);

/// <summary>
/// Takes one instance: every fragment of its data set in order, then the end. Disposed without <see cref="CompleteAsync"/>, the instance
/// did not come whole and must leave nothing behind.
/// </summary>
public interface IStoreReception : IAsyncDisposable
{
    /// <summary>The next bytes of the data set; the memory is the connection's and valid only until the returned task is done.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> fragment, CancellationToken cancellationToken);

    /// <summary>The data set is complete. The answer goes to the peer as it is: success must mean stable storage.</summary>
    ValueTask<StoreOutcome> CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>Storage SCP (PS3.4 B). Called from many associations at once, one message at a time on each.</summary>
/// <remarks>An <see cref="IOException"/> from any of its calls is answered with A700, any other exception with 0110; the association goes on.</remarks>
public interface IStoreHandler
{
    /// <summary>An instance is about to come. Refuse it with <see cref="RefusedReception"/>.</summary>
    ValueTask<IStoreReception> BeginAsync(StoreRequest request, CancellationToken cancellationToken);

    /// <summary>An association that may store has opened.</summary>
    ValueTask AssociationOpenedAsync(AssociationInfo association);

    /// <summary>It has ended; <paramref name="released"/> tells whether in order.</summary>
    ValueTask AssociationClosedAsync(AssociationInfo association, bool released);
}

/// <summary>Takes nothing of an instance and answers with the refusal it was made for.</summary>
public sealed class RefusedReception(StoreOutcome outcome) : IStoreReception
{
    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<StoreOutcome> CompleteAsync(CancellationToken cancellationToken) => ValueTask.FromResult(outcome);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
