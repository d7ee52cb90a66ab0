using System.Diagnostics.Metrics;
using Slideport.Protocol.Readiness;

namespace Slideport.Hosting.Monitoring;

/// <summary>One line of the answer to <c>/health/ready</c>.</summary>
/// <param name="Role">Whose need it is.</param>
/// <param name="Check">What it needs.</param>
/// <param name="Problem">Why it cannot be used, as a sentence; null when it can.</param>
internal sealed record ReadinessView(string Role, string Check, string? Problem);

/// <summary>
/// Asks the roles whether they have what they need. However many ask, each check runs once at a time and once a second; one that does not come
/// back, as from a share that hangs, is a problem itself and keeps nobody waiting for long.
/// </summary>
internal sealed class ReadinessWatch : IDisposable
{
    internal const string MeterName = "Slideport.Hosting";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Meter _meter = new(MeterName);
    private readonly Watched[] _watched;
    private readonly TimeProvider _time;

    /// <summary>Watches the checks of roles.</summary>
    internal ReadinessWatch(IEnumerable<(string Role, ReadinessCheck Check)> checks, TimeProvider time)
    {
        _time = time;
        _watched = [.. checks.Select(c => new Watched(c.Role, c.Check, time))];
        _meter.CreateObservableGauge("slideport.ready", Ready, null, "Whether a role has something it needs (1) or not (0), by role and check; what /health/ready tells.");
    }

    /// <summary>Looks at everything.</summary>
    internal async Task<IReadOnlyList<ReadinessView>> LookAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        await Task.WhenAll(_watched.Select(w => w.LookAsync(patience.Token))).WaitAsync(cancellationToken);
        return [.. _watched.Select(w => w.View)];
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<int>> Ready() => _watched.Select(w => new Measurement<int>(
        w.View.Problem is null ? 1 : 0, new KeyValuePair<string, object?>("role", w.View.Role), new KeyValuePair<string, object?>("check", w.View.Check)));

    private sealed class Watched(string role, ReadinessCheck check, TimeProvider time)
    {
        private readonly Lock _lock = new(); // guards everything below
        private Task _looking = Task.CompletedTask;
        private long? _lookedAt;

        internal ReadinessView View { get; private set; } = new(role, check.Name, "Nobody has looked yet.");

        internal async Task LookAsync(CancellationToken patience)
        {
            Task looking;
            lock (_lock)
            {
                if (_looking.IsCompleted && (_lookedAt is not { } at || time.GetElapsedTime(at) >= Freshness))
                    (_lookedAt, _looking) = (time.GetTimestamp(), LookOnceAsync());
                looking = _looking;
            }

            await looking.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_lock)
            {
                if (!looking.IsCompleted)
                    View = View with { Problem = $"It has not answered for {(int)time.GetElapsedTime(_lookedAt!.Value).TotalSeconds} seconds." };
            }
        }

        private async Task LookOnceAsync()
        {
            var problem = await AskAsync();
            lock (_lock)
                View = View with { Problem = problem };
        }

        private async Task<string?> AskAsync()
        {
            try
            {
                return await check.ProblemAsync(CancellationToken.None);
            }
#pragma warning disable CA1031 // A check that fails is a problem of what it checks; the others are asked all the same.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return e.Message;
            }
        }
    }
}
