using System.Collections.Concurrent;
using Slideport.Slides.Svs;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>The processes that make pictures: a few, started when they are needed, ended but for one when nobody does, replaced when they die.</summary>
internal sealed class PixelPool : IDisposable
{
    // Beyond that whoever asks is told to come again: a screen full of tiles waits for each of them.
    private const int MaxWaitingPerProcess = 64;

    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(30);

    private readonly PixelProgram _program;
    private readonly TimeProvider _time;
    private readonly int _processes;
    private readonly SemaphoreSlim _free;
    private readonly ConcurrentStack<PixelProcess> _idle = new();
    private readonly ITimer _idleLook;
    private int _waiting;
    private volatile bool _isDisposed;

    /// <summary>None is started yet.</summary>
    /// <param name="program">What to start: this program itself as a rule.</param>
    /// <param name="processes">How many at once.</param>
    /// <param name="time">Clock for what is idle, and for how long a picture may take.</param>
    internal PixelPool(PixelProgram program, int processes, TimeProvider time)
    {
        (_program, _processes, _time) = (program, processes, time);
        _free = new SemaphoreSlim(processes);
        _idleLook = time.CreateTimer(_ => EndIdle(), null, IdleLook, IdleLook);
    }

    /// <summary>Has a picture made.</summary>
    /// <exception cref="PixelException">The tiles are damaged, or decoding them takes too long.</exception>
    /// <exception cref="ViewerBusyException">Too many wait already.</exception>
    /// <exception cref="IOException">No process can be started.</exception>
    internal async Task<byte[]> MakeAsync(PixelRequest request, IReadOnlyList<ReadOnlyMemory<byte>> tiles, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaitingPerProcess * _processes)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ViewerBusyException();
        }

        try
        {
            await _free.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return await MakeNowAsync(request, tiles, cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _idleLook.Dispose();
        EndIdle();
    }

    private async Task<byte[]> MakeNowAsync(PixelRequest request, IReadOnlyList<ReadOnlyMemory<byte>> tiles, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(PixelLimits.Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var process = _idle.TryPop(out var idle) ? idle : PixelProcess.Start(_program);
        PictureOrProblem made;
        try
        {
            made = await process.MakeAsync(request, tiles, both.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            process.Dispose();
            throw new PixelException("This part of the slide takes too long to be decoded.");
        }
        catch
        {
            process.Dispose();
            throw;
        }

        process.IdleSince = _time.GetTimestamp();
        _idle.Push(process);
        if (_isDisposed)
            EndIdle();
        return made.Problem is { } problem ? throw new PixelException(problem) : made.Picture;
    }

    private void EndIdle()
    {
        List<PixelProcess> kept = []; // the one that was used last in any case: starting one takes longer than a picture
        while (_idle.TryPop(out var process))
        {
            if (!_isDisposed && (kept.Count == 0 || _time.GetElapsedTime(process.IdleSince) < MaxIdleTime))
                kept.Add(process);
            else
                process.Dispose();
        }

        kept.Reverse();
        foreach (var process in kept)
            _idle.Push(process);
        while (_isDisposed && _idle.TryPop(out var late))
            late.Dispose();
    }
}
