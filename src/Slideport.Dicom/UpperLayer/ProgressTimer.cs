namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// A deadline for one read or write after the other, without an allocation for each: the token source is used again as long as it has
/// not fired.
/// </summary>
internal sealed class ProgressTimer(TimeProvider time) : IDisposable
{
    private CancellationTokenSource? _source;
    private CancellationToken _outer;
    private CancellationTokenRegistration _registration;

    /// <summary>A token that fires after <paramref name="patience"/> or with <paramref name="outer"/>, until <see cref="Stop"/>.</summary>
    public CancellationToken Start(TimeSpan patience, CancellationToken outer)
    {
        if (_source is null || _outer != outer || !_source.TryReset())
        {
            Dispose();
            _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            _outer = outer;
            _registration = outer.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _source);
        }

        _source.CancelAfter(patience);
        return _source.Token;
    }

    public void Stop() => _source?.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _registration.Dispose();
        _source?.Dispose();
        _source = null;
    }
}
