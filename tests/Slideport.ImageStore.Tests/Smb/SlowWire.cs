using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>Sits on the wire before a server and lets only so much through, each way; all connections share it fairly.</summary>
internal sealed class SlowWire : IAsyncDisposable
{
    /// <summary>1 Mbit/s.</summary>
    internal const int OneMegabit = 125_000;

    private const int PacketBytes = 4096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Way _there;
    private readonly Way _back;
    private readonly Task _accepting;

    internal SlowWire(int port, int bytesPerSecond)
    {
        (_there, _back) = (new Way(bytesPerSecond), new Way(bytesPerSecond));
        _listener.Start();
        _accepting = AcceptAsync(port);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What has gone to the server until now.</summary>
    internal long BytesThere => _there.Bytes;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _there.Dispose();
        _back.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        List<Task> ways = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                (client.NoDelay, server.NoDelay) = (true, true);
                ways.Add(CarryAsync(client, server, _there));
                ways.Add(CarryAsync(server, client, _back));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(ways);
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, Way way)
    {
        var packet = new byte[PacketBytes];
        try
        {
            while (await from.GetStream().ReadAsync(packet, _stop.Token) is var count and not 0)
                await way.CarryAsync(packet.AsMemory(0, count), to.GetStream(), _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has left.
        }

        from.Dispose();
        to.Dispose();
    }

    // One packet at a time, whoever's turn it is.
    private sealed class Way(int bytesPerSecond) : IDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private TimeSpan _freeAt;
        private long _bytes;

        internal long Bytes => Interlocked.Read(ref _bytes);

        internal async Task CarryAsync(ReadOnlyMemory<byte> packet, NetworkStream to, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                _freeAt = (_freeAt > _clock.Elapsed ? _freeAt : _clock.Elapsed) + TimeSpan.FromSeconds((double)packet.Length / bytesPerSecond);
                if (_freeAt - _clock.Elapsed is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, cancellationToken);
                await to.WriteAsync(packet, cancellationToken);
                Interlocked.Add(ref _bytes, packet.Length);
            }
            finally
            {
                _turn.Release();
            }
        }

        public void Dispose() => _turn.Dispose();
    }
}
