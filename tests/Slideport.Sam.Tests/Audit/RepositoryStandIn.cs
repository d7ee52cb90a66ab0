using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Xml.Linq;

namespace Slideport.Sam.Tests.Audit;

/// <summary>An audit repository: syslog over TLS as RFC 5425 has it, that goes away and breaks connections as it is told.</summary>
internal sealed class RepositoryStandIn : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SslServerAuthenticationOptions _tls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private int _knocks;

    public RepositoryStandIn(SslServerAuthenticationOptions tls)
    {
        _tls = tls;
        _listener.Start();
        _work = Task.Run(WorkAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether it takes nothing: connections end at once.</summary>
    public bool IsAway { get; set; }

    /// <summary>After how many bytes the next connections are broken, one each.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Whether a connection that is broken ends as if everything were in order.</summary>
    public bool IsPolite { get; set; }

    /// <summary>Whether it ends TLS as it should, or just the connection, as some do.</summary>
    public bool EndsTls { get; set; } = true;

    /// <summary>What it took, in order.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    /// <summary>How often somebody came.</summary>
    public int Knocks => _knocks;

    /// <summary>Numbers of the entries it took, in order.</summary>
    public List<long> Sequences => [.. Messages.Select(m => (long)XDocument.Parse(m[(m.IndexOf('\uFEFF', StringComparison.Ordinal) + 1)..]).Root!
        .Elements("ParticipantObjectIdentification").Last().Attribute("ParticipantObjectID")!)];

    /// <summary>The same without what came more than once.</summary>
    public List<long> Once => [.. Sequences.Distinct()];

    public async Task UntilAsync(Predicate<RepositoryStandIn> holds)
    {
        while (!holds(this))
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _work;
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _knocks);
                if (IsAway)
                    continue;
                await TakeAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is told to stop.
        }
    }

    private async Task TakeAsync(Socket socket)
    {
        int? left = Cuts.TryDequeue(out var cut) ? cut : null;
        try
        {
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(_tls, _stop.Token);
            var pending = new List<byte>();
            var buffer = new byte[1000];
            while (await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left ?? int.MaxValue)), _stop.Token) is > 0 and var read)
            {
                pending.AddRange(buffer.AsSpan(0, read));
                Split(pending);
                if (left is not null && (left -= read) <= 0)
                {
                    if (IsPolite)
                        await stream.ShutdownAsync();
                    else
                        socket.LingerState = new LingerOption(true, 0);
                    return;
                }
            }

            if (EndsTls)
                await stream.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Whoever came is gone, or was not let in.
        }
    }

    // MSG-LEN SP SYSLOG-MSG, as often as there is one.
    private void Split(List<byte> pending)
    {
        while (pending.IndexOf((byte)' ') is > 0 and var space
            && int.Parse(Encoding.ASCII.GetString([.. pending[..space]]), NumberStyles.None, CultureInfo.InvariantCulture) is var length && pending.Count > space + length)
        {
            Messages.Enqueue(Encoding.UTF8.GetString([.. pending[(space + 1)..(space + 1 + length)]]));
            pending.RemoveRange(0, space + 1 + length);
        }
    }
}
