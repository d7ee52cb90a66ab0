using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;

namespace Slideport.Sam.Audit.Repository;

/// <summary>One connection to an audit repository, for as many messages as are sent at once.</summary>
/// <remarks>
/// Syslog has no acknowledgement. What comes closest: we end the TLS session, and the repository, which has read everything up to there,
/// ends it too (RFC 5425 4.4).
/// <code>
///   handshake ─► messages ─► close_notify ─► wait for the other side's end ─► everything taken by its TCP?
/// </code>
/// An end that comes sooner, a reset or none at all: nothing was acknowledged, everything is sent again.
/// </remarks>
internal static class RepositoryConnection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Returns when the repository has taken all the messages.</summary>
    /// <exception cref="IOException">It has not, or nobody knows.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">It is not the one that is trusted.</exception>
    internal static async Task SendAsync(RepositoryAddress address, SslClientAuthenticationOptions tls, ReadOnlyMemory<byte> messages, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port, patience.Token);
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsClientAsync(tls, patience.Token);
            var end = EndAsync(stream, patience.Token);
            await stream.WriteAsync(messages, patience.Token);
            await stream.FlushAsync(patience.Token);
            if (end.IsCompleted)
                throw await end ?? new IOException("It hung up before everything was sent.");
            await stream.ShutdownAsync();
            if (await end is { } failure)
                throw failure;
            await EverythingArrivedAsync(socket, patience.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("It did not answer in time.", e);
        }
    }

    // The other side's end; why it did not come in order, if so. A repository has nothing else to say.
    private static async Task<IOException?> EndAsync(SslStream stream, CancellationToken cancellationToken)
    {
        var anything = new byte[256];
        try
        {
            while (await stream.ReadAsync(anything, cancellationToken) > 0)
            {
            }

            return null;
        }
        catch (IOException e)
        {
            return e;
        }
        catch (OperationCanceledException e)
        {
            return new IOException("It did not answer in time.", e);
        }
    }

    // Its end may have been no answer to ours but have crossed our messages. Then its TCP resets the connection, for what it was sent was
    // never read: at once for what lay there, or when the rest of it comes in, which only Linux tells after the connection's orderly end.
    private static async Task EverythingArrivedAsync(Socket socket, CancellationToken cancellationToken)
    {
        const int TcpLevel = 6;
        const int TcpInfo = 11;
        const int Unacknowledged = 24; // offset of tcpi_unacked in struct tcp_info
        const byte Closed = 7;         // tcpi_state, its first byte
        socket.Shutdown(SocketShutdown.Send);
        var anything = new byte[256];
        while (await socket.ReceiveAsync(anything, cancellationToken) > 0)
        {
        }

        var info = new byte[104];
        while (OperatingSystem.IsLinux())
        {
            socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            if (info[0] == Closed || BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(Unacknowledged)) == 0)
                break;
            await Task.Delay(5, cancellationToken);
        }

        if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0)
            throw new IOException("It hung up before it had taken everything.");
    }
}
