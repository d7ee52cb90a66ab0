using System.Net.Sockets;
using Slideport.Protocol.Time;

namespace Slideport.Scanner.Clock;

/// <summary>
/// Keeps a scanner's clock in step with its time server (flow F6): asks, remembers how far off the clock was, and sets it. A server that does
/// not answer leaves the clock as it is.
/// </summary>
/// <remarks>Not thread-safe but for its properties: one question at a time.</remarks>
internal sealed class ClockDiscipline(ScannerClock clock)
{
    // RFC 5905 §7.2: polls are 64 s apart at least, and a server that has not answered eight of them is not reachable (§9.2, reach register).
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromSeconds(64);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(1024);
    private const int Reach = 8;

    // RFC 5905 §11.1, STEPT: an error beyond is one that the clock had, not one of measuring it.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(128);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly NtpClient _client = new(clock);
    private readonly Lock _lock = new(); // guards the three below
    private double? _aheadSeconds;
    private string? _problem;
    private int _unanswered;
    private (string Host, int Port)? _unwelcome;

    /// <summary>Seconds the clock was ahead of the server's in the last exchange, before it was set; null before one, and when the server has long been silent.</summary>
    internal double? AheadSeconds
    {
        get
        {
            lock (_lock)
                return _aheadSeconds;
        }
    }

    /// <summary>Why the last question had no answer that could be used; null when it had one.</summary>
    internal string? Problem
    {
        get
        {
            lock (_lock)
                return _problem;
        }
    }

    /// <summary>How long to wait before the next question.</summary>
    internal TimeSpan Poll { get; private set; } = ShortestPoll;

    /// <summary>Asks a server, and sets the clock by its answer.</summary>
    /// <returns>Whether the clock made a step, and should be looked at again.</returns>
    internal async Task<bool> AskAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (_unwelcome == (host, port))
            return false; // it said so, and must not be asked again (RFC 5905 §7.4)
        try
        {
            var measured = await _client.MeasureAsync(host, port, Patience, cancellationToken);
            Note(-measured.Offset.TotalSeconds, null);
            clock.Adjust(measured.Offset);
            return measured.Offset.Duration() > Step;
        }
        catch (NtpException e)
        {
            if (e.KissCode is "DENY" or "RSTR")
                _unwelcome = (host, port);
            if (e.KissCode == "RATE")
                Poll = Poll * 2 < LongestPoll ? Poll * 2 : LongestPoll;
            Note(null, $"Time server {host}:{port}: {e.Message}");
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            Note(null, $"Time server {host}:{port} does not answer: {e.Message}");
        }

        return false;
    }

    private void Note(double? aheadSeconds, string? problem)
    {
        lock (_lock)
        {
            _problem = problem;
            _unanswered = problem is null ? 0 : _unanswered + 1;
            if (aheadSeconds is not null || _unanswered >= Reach)
                _aheadSeconds = aheadSeconds;
        }
    }
}
