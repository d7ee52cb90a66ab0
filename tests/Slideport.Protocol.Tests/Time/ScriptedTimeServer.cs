using System.Net;
using System.Net.Sockets;
using Slideport.Protocol.Time;

namespace Slideport.Protocol.Tests.Time;

/// <summary>A time server on loopback that answers each question with what the test says, in as many datagrams as it likes.</summary>
internal sealed class ScriptedTimeServer : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public ScriptedTimeServer(Func<NtpPacket, IEnumerable<NtpPacket>> answers)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _work = AnswerAsync(answers);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public List<byte[]> Questions { get; } = [];

    /// <summary>An answer a client can use, from a clock that is ahead of this machine's.</summary>
    public static NtpPacket Good(NtpPacket question, TimeSpan ahead = default)
    {
        var now = NtpTimestamp.FromUtc(TimeProvider.System.GetUtcNow() + ahead);
        return new NtpPacket
        {
            Version = question.Version,
            Mode = NtpMode.Server,
            Stratum = 3,
            Precision = -20,
            RootDelay = NtpShort.FromTimeSpan(TimeSpan.FromMilliseconds(20)),
            RootDispersion = NtpShort.FromTimeSpan(TimeSpan.FromMilliseconds(7)),
            ReferenceId = 0x0A000001,
            Reference = now,
            Origin = question.Transmit,
            Receive = now,
            Transmit = now,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task AnswerAsync(Func<NtpPacket, IEnumerable<NtpPacket>> answers)
    {
        var buffer = new byte[1024];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                Questions.Add(buffer[..received.ReceivedBytes]);
                NtpPacket.TryRead(buffer.AsSpan(0, received.ReceivedBytes), out var question);
                foreach (var answer in answers(question))
                {
                    answer.Write(buffer);
                    await _socket.SendToAsync(buffer.AsMemory(0, NtpPacket.HeaderBytes), SocketFlags.None, received.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
