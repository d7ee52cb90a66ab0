using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Files;

namespace Slideport.Converter.Receiving;

/// <summary>One instance on its way into the spool.</summary>
/// <remarks>
/// <code>
/// bytes ─► PartWriter (hash, write behind) ─► check ─► fsync ─► receipt ─► rename ─► fsync folder ─► 0000
///          in/ASSOC-MSG.part                  C000     A700    └───── SlideSpool.CommitAsync ────┘
///                                             A900             0111: other bytes under this UID
/// </code>
/// Whatever happens before the last step, the peer hears no success and the part is gone; whatever happens after it, a repeated
/// instance finds itself. What is there of a large one is offered to its slide meanwhile: a level of a gigabyte takes half a minute.
/// </remarks>
internal sealed class InstanceReception : IStoreReception
{
    // Also what is left to do for its slide when the last byte has come: some 10 ms.
    private const long OfferedBytes = 16 << 20;

    private readonly StoreReceiver _receiver;
    private readonly StoreRequest _request;
    private readonly PartWriter _part;
    private readonly DateTimeOffset _began;
    private readonly ArrivingInstance _arriving;
    private Task<SpooledSlide?> _offer = Task.FromResult<SpooledSlide?>(null);
    private (DimseStatus Status, string Reason)? _refusal;
    private bool _completed;

    internal InstanceReception(StoreReceiver receiver, StoreRequest request, PartWriter part)
    {
        _receiver = receiver;
        _request = request;
        _part = part;
        _began = receiver.Now;
        _arriving = new ArrivingInstance(part.Path);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> fragment, CancellationToken cancellationToken)
    {
        if (_refusal is not null)
            return; // the rest is read off the connection and dropped
        if (_part.DataSetBytes + fragment.Length > _receiver.MaxInstanceBytes)
        {
            _refusal = (DimseStatus.OutOfResources, $"The instance is larger than Converter:MaxInstanceBytes, {_receiver.MaxInstanceBytes}.");
            return;
        }

        try
        {
            await _part.WriteAsync(fragment);
            if (_part.Written - _arriving.Bytes >= OfferedBytes && _offer.IsCompleted)
                _offer = OfferAsync(await _offer);
        }
        catch (IOException e)
        {
            NotDurable(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StoreOutcome> CompleteAsync(CancellationToken cancellationToken)
    {
        _completed = true;
        try
        {
            if (_refusal is null)
                await CommitAsync(cancellationToken);
        }
        catch (IOException e)
        {
            NotDurable(e);
        }

        if (_refusal is not { } refusal)
            return new StoreOutcome(DimseStatus.Success);
        return new StoreOutcome(refusal.Status, refusal.Reason.Length <= 64 ? refusal.Reason : refusal.Reason[..64]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_completed)
            Log.InstanceBrokenOff(_receiver.Logger, _request.Association.Peer.ToString(), _request.SopInstanceUid, _part.DataSetBytes);
        try
        {
            if (await _offer is { } slide)
                _receiver.Ended(_arriving, slide);
        }
        finally
        {
            await _part.DisposeAsync();
            File.Delete(_part.Path); // already elsewhere, or worth nothing; the next start would remove it just as well
        }
    }

    private Task<SpooledSlide?> OfferAsync(SpooledSlide? known)
    {
        _arriving.Bytes = _part.Written;
        if (known is null)
            return Task.Run(() => _receiver.OfferAsync(_request, _arriving));
        _receiver.Spool.Grew(known);
        return Task.FromResult<SpooledSlide?>(known);
    }

    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        var peer = _request.Association.Peer;
        var sha256 = await _part.FinishAsync();
        var check = await Task.Run(() => InstanceCheck.Of(_part.Path, _request.SopClassUid, _request.SopInstanceUid), cancellationToken);
        if (check.Refusal is { } refusal)
        {
            _receiver.Spool.Quarantine(_part.Path, $"{peer}: {refusal.Reason}");
            Refuse(refusal.Status, refusal.Reason);
            return;
        }

        await Task.Run(() => DurableFile.Flush(_part.File), cancellationToken);
        var receipt = _receiver.Receipt(_request, check, sha256, _part.DataSetOffset, _part.DataSetBytes);
        _arriving.Receipt = receipt;
        // From here on nothing is cancelled: a commit is finished or failed.
        var outcome = await _receiver.Spool.CommitAsync(_part.Path, receipt, slide => _receiver.Track(_request.Association, slide), CancellationToken.None);
        _receiver.Disk.Succeeded();
        _receiver.Tell(new Reception(receipt, outcome, _began));
        switch (outcome)
        {
            case CommitOutcome.Stored:
                Log.InstanceStored(_receiver.Logger, peer.ToString(), receipt.SopInstanceUid, receipt.DataSetBytes);
                break;
            case CommitOutcome.Identical:
                Log.InstanceIdentical(_receiver.Logger, peer.ToString(), receipt.SopInstanceUid);
                break;
            default:
                _refusal = (DimseStatus.DuplicateSopInstance, "Other bytes came under this SOP Instance UID before.");
                Log.InstanceConflicting(_receiver.Logger, peer.ToString(), receipt.SopInstanceUid, DimseStatus.DuplicateSopInstance.ToString());
                break;
        }
    }

    private void Refuse(DimseStatus status, string reason)
    {
        _refusal = (status, reason);
        Log.InstanceRefused(_receiver.Logger, _request.Association.Peer.ToString(), _request.SopInstanceUid, status.ToString(), reason);
    }

    private void NotDurable(IOException failure)
    {
        _receiver.Disk.Failed(failure);
        _refusal = (DimseStatus.OutOfResources, "The instance could not be written to stable storage.");
        Log.InstanceNotDurable(
            _receiver.Logger, _request.Association.Peer.ToString(), _request.SopInstanceUid, DimseStatus.OutOfResources.ToString(), failure.Message, failure);
    }
}
