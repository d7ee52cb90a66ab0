using System.Net;
using System.Net.Sockets;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>What a <see cref="FaultProxy"/> does to the bytes of one direction.</summary>
internal sealed record Fault
{
    /// <summary>Longest piece handed on at once; 1 dribbles.</summary>
    public int PieceBytes { get; init; } = int.MaxValue;

    /// <summary>Both connections are reset after this many bytes.</summary>
    public long CutAfter { get; init; } = long.MaxValue;

    /// <summary>Nothing more is handed on after this many bytes, and nothing is closed.</summary>
    public long StallAfter { get; init; } = long.MaxValue;
}

/// <summary>A wire that misbehaves: listens, connects onward, and hands the client's bytes on as the fault says. Answers pass untouched.</summary>
internal sealed class FaultProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Fault _fault;

    public FaultProxy(IPEndPoint target, Fault fault)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target.Port);
        _fault = fault;
        _listener.Start();
        _ = RunAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

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
                near.LingerState = far.LingerState = new LingerOption(true, 0); // closes with a reset
                return;
            }

            var most = Math.Min(Math.Min(buffer.Length, _fault.PieceBytes), Math.Min(_fault.CutAfter, _fault.StallAfter) - passed);
            var read = await near.GetStream().ReadAsync(buffer.AsMemory(0, (int)most), _stop.Token);
            if (read == 0)
            {
                far.Client.Shutdown(SocketShutdown.Send);
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            await far.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            passed += read;
        }
    }

    private async Task BackAsync(TcpClient near, TcpClient far)
    {
        await far.GetStream().CopyToAsync(near.GetStream(), _stop.Token);
        near.Client.Shutdown(SocketShutdown.Send);
    }
}
