using System.Collections.Concurrent;

namespace Slideport.ImageStore.Smb;

/// <summary>The connections over which slides on a share are read: some of their own, so that whoever looks at slides holds up no delivery.</summary>
internal sealed class SmbReaders : IDisposable
{
    private const int MaxConnections = 4;

    // Windows lets nobody remove a file that we hold open.
    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(10);

    // A server ends connections that nobody uses, and says so at once; a new one is tried then.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    private readonly string _location;
    private readonly Func<CancellationToken, SmbSession> _open;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _free = new(MaxConnections);
    private readonly ConcurrentStack<SmbSession> _idle = new();
    private readonly ITimer _idleLook;
    private volatile bool _isDisposed;

    /// <summary>None is opened yet.</summary>
    /// <param name="location">Of the share, for messages.</param>
    /// <param name="open">Opens a connection.</param>
    /// <param name="time">Clock for what is idle.</param>
    internal SmbReaders(string location, Func<CancellationToken, SmbSession> open, TimeProvider time)
    {
        (_location, _open, _time) = (location, open, time);
        _idleLook = time.CreateTimer(_ => EndIdle(MaxIdleTime), null, IdleLook, IdleLook);
    }

    /// <summary>Does something with a connection.</summary>
    /// <exception cref="IOException">It cannot be done, or all connections have been waiting for the server too long.</exception>
    internal T Ask<T>(Func<SmbSession, T> work, CancellationToken cancellationToken)
    {
        if (!_free.Wait(SmbSession.Patience, cancellationToken))
            throw new ImageStoreException(ImageStoreFailure.Offline, $"The image store '{_location}' answers nobody who reads there: check the server and the network.");
        try
        {
            while (_idle.TryPop(out var session))
            {
                var asked = TimeProvider.System.GetTimestamp();
                try
                {
                    return Done(session, work);
                }
                catch (ImageStoreException e) when (e.Failure == ImageStoreFailure.Offline && TimeProvider.System.GetElapsedTime(asked) < AtOnce)
                {
                    // The next may be there, or a new one.
                }
            }

            return Done(_open(cancellationToken), work);
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
        EndIdle(TimeSpan.Zero);
    }

    private T Done<T>(SmbSession session, Func<SmbSession, T> work)
    {
        try
        {
            return work(session);
        }
        finally
        {
            if (session.IsUsable)
            {
                session.IdleSince = _time.GetTimestamp();
                _idle.Push(session);
                if (_isDisposed)
                    EndIdle(TimeSpan.Zero);
            }
            else
            {
                session.Dispose();
            }
        }
    }

    private void EndIdle(TimeSpan after)
    {
        List<SmbSession> young = [];
        while (_idle.TryPop(out var session))
        {
            if (_time.GetElapsedTime(session.IdleSince) < after && !_isDisposed)
                young.Add(session);
            else
                session.Dispose();
        }

        young.Reverse();
        foreach (var session in young)
            _idle.Push(session);
        while (_isDisposed && _idle.TryPop(out var late))
            late.Dispose();
    }
}
