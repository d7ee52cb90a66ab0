using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Services;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// Accepts associations and serves them, each on its own; nothing one peer does or leaves undone keeps another waiting. Accepting never
/// waits for a handshake.
/// </summary>
public sealed class AssociationListener : IAsyncDisposable
{
    private const int Backlog = 512;

    // Connections over the limits that are still told so, by an A-ASSOCIATE-RJ; those beyond are closed without a word.
    private const int MaxSurplus = 64;

    private readonly ListenerOptions _options;
    private readonly DicomServices _services;
    private readonly ConnectionCensus _census;
    private readonly ConcurrentDictionary<AssociationAcceptor, Task> _open = new();
    private readonly CancellationTokenSource _stopAccepting = new();
    private readonly CancellationTokenSource _stopServing = new();
    private readonly Socket _socket;
    private Task _accepting = Task.CompletedTask;
    private volatile bool _isStopping;
    private long _lastId;
    private int _surplus;

    /// <summary>Prepares a listener; nothing is bound yet.</summary>
    public AssociationListener(ListenerOptions options, DicomServices services)
    {
        _options = options;
        _services = services;
        _census = new ConnectionCensus(options.Limits);
        _socket = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    /// <summary>Where it listens, once started.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="SocketException">The port is taken, or may not be bound.</exception>
    public void Start()
    {
        if (_options.Address.Equals(IPAddress.IPv6Any))
            _socket.DualMode = true;
        _socket.Bind(new IPEndPoint(_options.Address, _options.Port));
        _socket.Listen(Backlog);
        _accepting = AcceptAsync();
    }

    /// <summary>Aborts every association whose client certificate meets the condition: a revocation must not wait for the next handshake.</summary>
    public void CloseWhere(Predicate<X509Certificate2> condition)
    {
        foreach (var acceptor in _open.Keys)
            acceptor.CloseIf(condition);
    }

    /// <summary>
    /// Stops accepting, aborts associations that are between two messages, lets messages that have begun be finished and answered, then aborts
    /// what is left.
    /// </summary>
    /// <param name="drain">How long messages that have begun may go on.</param>
    public async Task StopAsync(TimeSpan drain)
    {
        _isStopping = true;
        _socket.Dispose();
        await _stopAccepting.CancelAsync();
        await _accepting;
        var all = Task.WhenAll(_open.Values);
        await Task.WhenAny(all, Task.Delay(drain, _options.Time));
        await _stopServing.CancelAsync();
        await all;
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopAccepting.Dispose();
        _stopServing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_isStopping)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stopAccepting.Token);
                if (!TryAdmit(socket))
                    socket.Dispose();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Out of descriptors, or a peer gone before it was accepted: the next one may do better, but not in a tight loop.
                if (!_isStopping)
                    await Task.Delay(TimeSpan.FromMilliseconds(50), _options.Time);
            }
        }
    }

    private bool TryAdmit(Socket socket)
    {
        IPEndPoint address;
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            address = (IPEndPoint)socket.RemoteEndPoint!;
        }
        catch (SocketException)
        {
            return false; // gone already
        }

        if (address.Address.IsIPv4MappedToIPv6)
            address = new IPEndPoint(address.Address.MapToIPv4(), address.Port);
        var peer = new PeerIdentity(address, "", "", null, null);
        var tooMany = _census.Enter(address.Address);
        if (tooMany is not null && Interlocked.Increment(ref _surplus) > MaxSurplus)
        {
            Interlocked.Decrement(ref _surplus);
            return false;
        }

        var acceptor = new AssociationAcceptor(_options, _services, _census, socket, peer, Interlocked.Increment(ref _lastId));
        // Listed before it runs: a connection that ends at once must find itself in the list to leave it.
        var listed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[acceptor] = RunAsync(acceptor, tooMany, listed.Task);
        listed.SetResult();
        return true;
    }

    private async Task RunAsync(AssociationAcceptor acceptor, string? tooMany, Task listed)
    {
        await listed;
        await acceptor.RunAsync(tooMany, _stopAccepting.Token, _stopServing.Token);
        if (tooMany is not null)
            Interlocked.Decrement(ref _surplus);
        _open.TryRemove(acceptor, out _);
        acceptor.Dispose();
    }
}
