using System.Collections.Concurrent;
using System.Threading.Channels;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>One reception as the handler saw it.</summary>
internal sealed record Received(StoreRequest Request, byte[] Bytes, bool IsComplete);

/// <summary>Keeps what it is given in memory; tests change what it answers and when it fails.</summary>
internal sealed class RememberingStore : IStoreHandler
{
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();
    private readonly Channel<(long Id, bool Released)> _closed = Channel.CreateUnbounded<(long, bool)>();

    /// <summary>What <see cref="IStoreHandler.BeginAsync"/> gives instead of a reception that remembers.</summary>
    public Func<StoreRequest, IStoreReception?> Begin { get; set; } = _ => null;

    /// <summary>Called with each fragment before it is kept.</summary>
    public Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Write { get; set; } = (_, _) => ValueTask.CompletedTask;

    /// <summary>What a whole instance is answered with.</summary>
    public Func<StoreOutcome> Complete { get; set; } = () => new StoreOutcome(DimseStatus.Success);

    public ConcurrentQueue<AssociationInfo> Opened { get; } = new();

    /// <summary>The next reception that ended, whole or not.</summary>
    public async Task<Received> NextAsync() => await _received.Reader.ReadAsync(Patience());

    /// <summary>The next association that ended.</summary>
    public async Task<(long Id, bool Released)> NextClosedAsync() => await _closed.Reader.ReadAsync(Patience());

    public ValueTask<IStoreReception> BeginAsync(StoreRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Begin(request) ?? new Reception(this, request));

    public ValueTask AssociationOpenedAsync(AssociationInfo association)
    {
        Opened.Enqueue(association);
        return ValueTask.CompletedTask;
    }

    public ValueTask AssociationClosedAsync(AssociationInfo association, bool released)
    {
        _closed.Writer.TryWrite((association.Id, released));
        return ValueTask.CompletedTask;
    }

    private static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    private sealed class Reception(RememberingStore store, StoreRequest request) : IStoreReception
    {
        private readonly MemoryStream _bytes = new();
        private bool _isComplete;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> fragment, CancellationToken cancellationToken)
        {
            await store.Write(fragment, cancellationToken);
            _bytes.Write(fragment.Span);
        }

        public ValueTask<StoreOutcome> CompleteAsync(CancellationToken cancellationToken)
        {
            _isComplete = true;
            return ValueTask.FromResult(store.Complete());
        }

        public ValueTask DisposeAsync()
        {
            store._received.Writer.TryWrite(new Received(request, _bytes.ToArray(), _isComplete));
            return ValueTask.CompletedTask;
        }
    }
}
