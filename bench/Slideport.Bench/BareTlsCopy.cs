using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Slideport.Files;

namespace Slideport.Bench;

/// <summary>
/// The physical limit the receiver is held against: the same bytes through a bare <see cref="SslStream"/> into a file, with fsync,
/// from one process to another. One connection carries one file: 8 bytes of length (big endian), the bytes, then one byte back
/// once they are on stable storage.
/// </summary>
public static class BareTlsCopy
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Receives files on the loopback port until cancelled; the child process of the benchmark runs this.</summary>
    /// <param name="port">TCP port on 127.0.0.1.</param>
    /// <param name="certificate">Server certificate with its private key.</param>
    /// <param name="folder">Where the received file lies; each connection replaces it.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public static async Task ReceiveAsync(int port, X509Certificate2 certificate, string folder, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        while (!cancellationToken.IsCancellationRequested)
        {
            using var client = await listener.AcceptTcpClientAsync(cancellationToken);
            // The readiness probe connects and hangs up: not a handshake, not an error.
            if (!client.Client.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead) || client.Available == 0)
                continue;
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = SslProtocols.Tls13 },
                cancellationToken);
            await ReceiveFileAsync(tls, Path.Join(folder, "bare.bin"), cancellationToken);
        }
    }

    /// <summary>Sends one file and returns when the receiver has it on stable storage.</summary>
    public static async Task SendAsync(int port, string path, X509Certificate2 authority, CancellationToken cancellationToken)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = SslProtocols.Tls13,
                CertificateChainPolicy = TrustOnly(authority),
            },
            cancellationToken);

        using var file = File.OpenHandle(path);
        var buffer = new byte[BufferBytes];
        var length = RandomAccess.GetLength(file);
        BinaryPrimitives.WriteInt64BigEndian(buffer, length);
        await tls.WriteAsync(buffer.AsMemory(0, sizeof(long)), cancellationToken);
        for (long sent = 0; sent < length;)
        {
            var read = RandomAccess.Read(file, buffer, sent);
            await tls.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            sent += read;
        }

        await tls.ReadExactlyAsync(buffer.AsMemory(0, 1), cancellationToken);
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        return policy;
    }

    private static async Task ReceiveFileAsync(SslStream tls, string path, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        await tls.ReadExactlyAsync(buffer.AsMemory(0, sizeof(long)), cancellationToken);
        var length = BinaryPrimitives.ReadInt64BigEndian(buffer);
        File.Delete(path);
        using var file = DurableFile.CreateNew(path);
        for (long received = 0; received < length;)
        {
            var read = await tls.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - received)), cancellationToken);
            if (read == 0)
                throw new EndOfStreamException("The sender hung up in the middle of the file.");
            RandomAccess.Write(file, buffer.AsSpan(0, read), received);
            received += read;
        }

        DurableFile.Flush(file);
        await tls.WriteAsync(buffer.AsMemory(0, 1), cancellationToken);
    }
}
