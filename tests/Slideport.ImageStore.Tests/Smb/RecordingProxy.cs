using System.Net;
using System.Net.Sockets;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>Sits on the wire before a server and keeps what clients send.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStream _sent = new();
    private readonly Task _accepting;

    internal RecordingProxy(int port)
    {
        _listener.Start();
        _accepting = AcceptAsync(port);
    }

    /// <summary>How many connections came until now.</summary>
    internal int Connections { get; private set; }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Everything that came from clients until now.</summary>
    internal byte[] Sent()
    {
        lock (_sent)
            return _sent.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
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
                Connections++;
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                ways.Add(CarryAsync(client, server, isRecorded: true));
                ways.Add(CarryAsync(server, client, isRecorded: false));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(ways);
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, bool isRecorded)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is var count and not 0)
            {
                if (isRecorded)
                {
                    lock (_sent)
                        _sent.Write(buffer, 0, count);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has left.
        }

        from.Dispose();
        to.Dispose();
    }
}
