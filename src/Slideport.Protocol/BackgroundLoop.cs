using Microsoft.Extensions.Logging;

namespace Slideport.Protocol;

/// <summary>Something small that is looked at again and again while a role runs. A round that fails is told, and the next one comes.</summary>
public sealed class BackgroundLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    /// <summary>Begins at once, with a first round.</summary>
    /// <param name="name">What it is, for the log.</param>
    /// <param name="period">From one round to the next; rounds do not overlap.</param>
    /// <param name="round">One round.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    public BackgroundLoop(string name, TimeSpan period, Func<CancellationToken, Task> round, TimeProvider time, ILogger log)
    {
        _timer = new PeriodicTimer(period, time);
        _running = Task.Run(() => RunAsync(name, round, log));
    }

    /// <summary>Stops, and waits for the round that is under way to notice.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _timer.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(string name, Func<CancellationToken, Task> round, ILogger log)
    {
        try
        {
            do
            {
                try
                {
                    await round(_stop.Token);
                }
#pragma warning disable CA1031 // A background service's loop: what goes wrong in one round is told and must not end the next.
                catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    Log.BackgroundFailed(log, name, e.Message, e);
                }
            }
            while (await _timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }
}
