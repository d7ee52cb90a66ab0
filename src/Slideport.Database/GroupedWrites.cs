using System.Threading.Channels;

namespace Slideport.Database;

/// <summary>
/// Takes messages into the database, each durable when it is answered. Those that come while a transaction is being made durable share the next
/// one, so that the disk's pace does not limit the senders'.
/// </summary>
public sealed class GroupedWrites<TMessage, TOutcome> : IAsyncDisposable
{
    private const int MaxWaiting = 4096;

    private readonly int _maxGroup;
    private readonly Func<IReadOnlyList<TMessage>, Task<TOutcome[]>> _store;
    private readonly Action<IReadOnlyList<TOutcome>> _stored;
    private readonly Channel<Arrival> _arrivals;
    private readonly Task _work;

    /// <param name="maxGroup">Most messages in one transaction.</param>
    /// <param name="store">Stores messages in their order in one transaction, durable when it returns; what became of each.</param>
    /// <param name="stored">Told after a transaction became durable.</param>
    public GroupedWrites(int maxGroup, Func<IReadOnlyList<TMessage>, Task<TOutcome[]>> store, Action<IReadOnlyList<TOutcome>> stored)
    {
        (_maxGroup, _store, _stored) = (maxGroup, store, stored);
        _arrivals = Channel.CreateBounded<Arrival>(MaxWaiting);
        _work = Task.Run(WorkAsync);
    }

    private sealed record Arrival(TMessage Message)
    {
        internal TaskCompletionSource<TOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Returns when the message is durable, or known not to be needed.</summary>
    public async Task<TOutcome> WriteAsync(TMessage message, CancellationToken cancellationToken)
    {
        var arrival = new Arrival(message);
        await _arrivals.Writer.WriteAsync(arrival, cancellationToken);
        return await arrival.Done.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _arrivals.Writer.TryComplete();
        await _work;
    }

    private async Task WorkAsync()
    {
        var group = new List<Arrival>(_maxGroup);
        while (await _arrivals.Reader.WaitToReadAsync())
        {
            while (group.Count < _maxGroup && _arrivals.Reader.TryRead(out var arrival))
                group.Add(arrival);
            await StoreAsync(group);
            group.Clear();
        }
    }

    // When a group cannot be stored, each of its messages is tried alone: one that no database takes must not stop the others. Where the
    // database fails, that would only keep all of them waiting longer.
    private async Task StoreAsync(IReadOnlyList<Arrival> group)
    {
        try
        {
            var outcomes = await _store([.. group.Select(a => a.Message)]);
            for (var i = 0; i < group.Count; i++)
                group[i].Done.TrySetResult(outcomes[i]);
            _stored(outcomes);
        }
#pragma warning disable CA1031 // Whatever happened is told to those who wait; the loop goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (group.Count == 1 || DatabaseFailures.Of(e) is not null)
            {
                foreach (var arrival in group)
                    arrival.Done.TrySetException(e);
                return;
            }

            foreach (var arrival in group)
                await StoreAsync([arrival]);
        }
    }
}
