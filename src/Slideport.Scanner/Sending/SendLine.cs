using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Scanner.Sending;

/// <summary>
/// One association that is opened again when it breaks. What the network does is an outcome here, not an exception; a receiver that cannot
/// be reached at all, again and again, is given up; one that rejects us for good, at once.
/// </summary>
internal sealed class SendLine(SendTarget target, AssociationRequest request, SendOptions options) : IAsyncDisposable
{
    private Association? _association;
    private int _failedConnects;
    private string? _rejection;

    /// <summary>Whether trying on is in vain: the receiver could not be reached too often, or rejected us permanently.</summary>
    public bool IsGivenUp => _rejection is not null || _failedConnects > options.Retries;

    /// <summary>Sends one instance once.</summary>
    /// <returns>The receiver's answer; or, without one, what broke.</returns>
    public async Task<(DimseStatus? Status, string? Problem)> StoreAsync(
        OutgoingInstance instance, IProgress<long> progress, Func<int, CancellationToken, ValueTask> pace, CancellationToken cancellationToken)
    {
        var (outcome, problem) = await TryAsync(async association =>
        {
            using var file = instance.Open();
            return await StoreScu.SendAsync(association, file, progress, pace, cancellationToken);
        }, cancellationToken);
        return problem is null ? (outcome.Status, outcome.ErrorComment) : (null, problem);
    }

    /// <summary>Asks the receiver to take responsibility for instances.</summary>
    /// <returns>Its report; or what broke.</returns>
    public async Task<(CommitmentResult? Result, string? Problem)> CommitAsync(IReadOnlyList<InstanceReference> instances, CancellationToken cancellationToken) =>
        await TryAsync(association => StorageCommitmentScu.RequestAsync(association, instances, cancellationToken), cancellationToken);

    /// <summary>Waits before a repetition, each time twice as long.</summary>
    public Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var pause = options.RetryPause * Math.Pow(2, Math.Min(attempt - 1, 16));
        return Task.Delay(pause < options.MaxRetryPause ? pause : options.MaxRetryPause, options.TimeProvider, cancellationToken);
    }

    /// <summary>Ends the association in order, if there is one.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (_association is null) return;
        try
        {
            await _association.ReleaseAsync(cancellationToken);
        }
        catch (Exception e) when (e is AssociationException or IOException)
        {
            // All is acknowledged by now; how the peer hangs up changes nothing.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_association is not null) await _association.DisposeAsync();
        _association = null;
    }

    private async Task<(T? Result, string? Problem)> TryAsync<T>(Func<Association, Task<T>> work, CancellationToken cancellationToken)
    {
        if (_rejection is not null) return (default, _rejection);
        try
        {
            if (_association is null)
            {
                _failedConnects++;
                _association = await Association.ConnectAsync(target.Host, target.Port, request, target.Limits, options.TimeProvider, cancellationToken);
                _failedConnects = 0;
            }

            return (await work(_association), null);
        }
        catch (AssociationException e) when (e.IsPermanent)
        {
            return (default, _rejection = e.Message);
        }
        catch (Exception e) when (e is AssociationException or IOException)
        {
            await DisposeAsync();
            return (default, e.Message);
        }
    }
}
