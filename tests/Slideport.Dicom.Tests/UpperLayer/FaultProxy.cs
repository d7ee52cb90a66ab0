using System.Net;
using System.Net.Sockets;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>What a <see cref="FaultProxy"/> does to the client's bytes.</summary>
internal sealed record Fault
{
    /// <summary>Longest piece handed on at once; 1 dribbles.</summary>
    public int PieceBytes { get; init; } = int.MaxValue;

    /// <summary>Both connections are reset after this many bytes.</summary>
    public long CutAfter { get; init; } = long.MaxValue;

    /// <summary>Nothing more is handed on after this many bytes, and nothing is closed.</summary>
    public long StallAfter { get; init; } = long.MaxValue;
}

/// <summary>A wire that misbehaves, outside TLS: listens, connects onward, and hands bytes on as the fault says.</summary>
internal sealed class FaultProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Fault _fault;
    private long _forwarded;
    private volatile bool _losesAnswers;

    public FaultProxy(IPEndPoint target, Fault fault)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target.Port);
        _fault = fault;
        _listener.Start();
        _ = RunAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Bytes handed on from clients to the server; all that an answer answers are among them.</summary>
    public long Forwarded => Interlocked.Read(ref _forwarded);

    /// <summary>From now on, whatever the server answers resets both connections instead of being handed on.</summary>
    public void LoseAnswers() => _losesAnswers = true;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(_target, _stop.Token);
            await Task.WhenAny(ForwardAsync(near, far), BackAsync(near, far));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone; the other follows.
        }
    }

    private async Task ForwardAsync(TcpClient near, TcpClient far)
    {
        var buffer = new byte[8192];
        long passed = 0;
        while (true)
        {
            if (passed >= _fault.StallAfter) await Task.Delay(Timeout.Infinite, _stop.Token);
            if (passed >= _fault.CutAfter)
            {
                Reset(near, far);
                return;
            }

            var most = Math.Min(Math.Min(buffer.Length, _fault.PieceBytes), Math.Min(_fault.CutAfter, _fault.StallAfter) - passed);
            var read = await near.GetStream().ReadAsync(buffer.AsMemory(0, (int)most), _stop.Token);
            if (read == 0)
            {
                far.Client.Shutdown(SocketShutdown.Send);
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            passed += read;
            Interlocked.Add(ref _forwarded, read);
            await far.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }

    private async Task BackAsync(TcpClient near, TcpClient far)
    {
        var buffer = new byte[8192];
        for (int read; (read = await far.GetStream().ReadAsync(buffer, _stop.Token)) > 0;)
        {
            if (_losesAnswers)
            {
                Reset(near, far);
                return;
            }

            await near.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }

        near.Client.Shutdown(SocketShutdown.Send);
    }

    // Closing a connection that lingers for no time sends RST instead of FIN.
    private static void Reset(TcpClient near, TcpClient far) => near.LingerState = far.LingerState = new LingerOption(true, 0);
}
