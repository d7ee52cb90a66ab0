using System.Collections.Concurrent;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.Services;

/// <summary>A scripted store: keeps data sets in memory, or answers as the test wants.</summary>
internal sealed class MemoryStore : IStoreHandler, IStorageCommitmentHandler
{
    public ConcurrentDictionary<string, byte[]> Instances { get; } = new();

    public ConcurrentQueue<(AssociationInfo Association, bool Released)> Closed { get; } = new();

    public Func<StoreRequest, IStoreReception?> Script { get; set; } = _ => null;

    public ValueTask<IStoreReception> BeginAsync(StoreRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Script(request) ?? new Reception(this, request.SopInstanceUid));

    public ValueTask AssociationOpenedAsync(AssociationInfo association) => ValueTask.CompletedTask;

    public ValueTask AssociationClosedAsync(AssociationInfo association, bool released)
    {
        Closed.Enqueue((association, released));
        return ValueTask.CompletedTask;
    }

    public ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(new CommitmentResult(
        request.TransactionUid,
        [.. request.Instances.Where(i => Instances.ContainsKey(i.SopInstanceUid))],
        [.. request.Instances.Where(i => !Instances.ContainsKey(i.SopInstanceUid)).Select(i => new CommitmentFailure(i, DimseStatus.NoSuchSopInstance))]));

    public ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result) => ValueTask.CompletedTask;

    internal sealed class Reception(MemoryStore store, string uid) : IStoreReception
    {
        private readonly MemoryStream _bytes = new();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment, CancellationToken cancellationToken)
        {
            _bytes.Write(fragment.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask<StoreOutcome> CompleteAsync(CancellationToken cancellationToken)
        {
            store.Instances[uid] = _bytes.ToArray();
            return ValueTask.FromResult(new StoreOutcome(DimseStatus.Success));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
