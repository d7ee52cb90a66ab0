using System.Net;
using System.Net.Sockets;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>An acceptor that follows a script: reads a PDU, says its line, reads the next. Serves one connection.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _playing;

    public ScriptedServer(params byte[][] lines)
        : this([.. lines.Select<byte[], Func<byte[]?, byte[]>>(line => _ => line)])
    {
    }

    /// <summary>Each line is made from the PDU it answers.</summary>
    public ScriptedServer(params Func<byte[]?, byte[]>[] lines)
    {
        _listener.Start();
        _playing = PlayAsync(lines);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What the last PDU read was, when the script is over; null when the requestor had hung up.</summary>
    public byte[]? LastRead { get; private set; }

    /// <summary>The answer to an association request that accepts these contexts.</summary>
    public static byte[] Accept(uint maxLength = 16384, byte[]? more = null, params (byte Id, byte Result, string Syntax)[] contexts) => Wire.Pdu(
        2,
        [
            0, 1, 0, 0, .. Wire.Title("SERVER"), .. Wire.Title("CLIENT"), .. new byte[32], .. Wire.Item(0x10, Wire.Ascii(Wire.ApplicationContext)),
            .. contexts.SelectMany(c => Wire.Item(0x21, [c.Id, 0, c.Result, 0, .. Wire.Item(0x40, Wire.Ascii(c.Syntax))])),
            .. Wire.Item(0x50, Wire.UserInformation(maxLength, more ?? [])),
        ]);

    /// <summary>Waits until the script is over.</summary>
    public Task EndAsync() => _playing.WaitAsync(TimeSpan.FromSeconds(30));

    public void Dispose() => _listener.Dispose();

    private async Task PlayAsync(Func<byte[]?, byte[]>[] lines)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        foreach (var line in lines)
        {
            LastRead = await ReadPduAsync(stream);
            await stream.WriteAsync(line(LastRead));
        }

        LastRead = await ReadPduAsync(stream);
    }

    private static async Task<byte[]?> ReadPduAsync(NetworkStream stream)
    {
        try
        {
            var header = new byte[6];
            await stream.ReadExactlyAsync(header);
            var body = new byte[(header[3] << 16) + (header[4] << 8) + header[5]];
            await stream.ReadExactlyAsync(body);
            return [.. header, .. body];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
