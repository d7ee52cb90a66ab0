using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>The other end of a wire, byte by byte. Every wait has an end, so that a hanging listener fails its test.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly TcpClient _client;
    private readonly Stream _stream;

    private RawPeer(TcpClient client, Stream stream)
    {
        _client = client;
        _stream = stream;
    }

    public static async Task<RawPeer> ConnectAsync(IPEndPoint endPoint, SslClientAuthenticationOptions? tls = null)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, endPoint.Port);
        if (tls is null)
            return new RawPeer(client, client.GetStream());
        var secured = new SslStream(client.GetStream());
        await secured.AuthenticateAsClientAsync(tls);
        return new RawPeer(client, secured);
    }

    /// <summary>Connected and associated with the usual contexts.</summary>
    public static async Task<RawPeer> AssociateAsync(IPEndPoint endPoint, byte[]? request = null, SslClientAuthenticationOptions? tls = null)
    {
        var peer = await ConnectAsync(endPoint, tls);
        await peer.SendAsync(request ?? Wire.AssociateRq());
        Assert.Equal(2, (await peer.ReadPduAsync())[0]);
        return peer;
    }

    /// <summary>The bytes that arrive before this side's patience or the connection ends; a broken connection counts as ended.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await _stream.ReadAsync(buffer, _patience.Token)) > 0;)
                all.Write(buffer, 0, read);
        }
        catch (IOException)
        {
            // A reset: what came before it counts.
        }

        return all.ToArray();
    }

    public async Task SendAsync(params byte[] bytes) => await _stream.WriteAsync(bytes, _patience.Token);

    public async Task SendAllAsync(IEnumerable<byte[]> pdus)
    {
        foreach (var pdu in pdus)
            await SendAsync(pdu);
    }

    /// <summary>No more will come from this side, but it still listens.</summary>
    public void HalfClose() => _client.Client.Shutdown(SocketShutdown.Send);

    public async Task<byte[]> ReadPduAsync()
    {
        var header = new byte[6];
        await _stream.ReadExactlyAsync(header, _patience.Token);
        var body = new byte[(header[3] << 16) + (header[4] << 8) + header[5]];
        await _stream.ReadExactlyAsync(body, _patience.Token);
        return [.. header, .. body];
    }

    /// <summary>The next message's command: the elements of the one value in the next PDU.</summary>
    public async Task<DicomDataSet> ReadCommandAsync()
    {
        var pdu = await ReadPduAsync();
        Assert.True(pdu[0] == 4, $"expected a P-DATA-TF, got {Convert.ToHexString(pdu)}");
        return DicomDataSet.Load(pdu.AsMemory(12), TransferSyntax.ImplicitVrLittleEndian);
    }

    public async Task<int> ReadStatusAsync() => (await ReadCommandAsync()).GetInt32(Tags.Status) ?? -1;

    /// <summary>Asks for an echo and expects it answered in order: the association lives.</summary>
    public async Task EchoAsync(int messageId = 99)
    {
        await SendAsync(Wire.Command(1, Wire.EchoRq(messageId)));
        Assert.Equal(Wire.Command(1, Wire.EchoRsp(messageId)), await ReadPduAsync());
    }

    public async Task ReleaseAsync()
    {
        await SendAsync(Wire.ReleaseRq);
        Assert.Equal(Wire.ReleaseRp, await ReadPduAsync());
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
        _patience.Dispose();
    }
}
