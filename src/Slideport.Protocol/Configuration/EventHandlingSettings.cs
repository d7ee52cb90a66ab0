using Slideport.Protocol.Events;

namespace Slideport.Protocol.Configuration;

/// <summary>How much a scanner logs.</summary>
public enum LogLevel
{
    /// <summary>What ended the work.</summary>
    Error,

    /// <summary>Also what may.</summary>
    Warning,

    /// <summary>Also what happened.</summary>
    Information,

    /// <summary>Also how.</summary>
    Debug,
}

/// <summary>Page <i>Event Handling</i>: the event server that scanners send events and logs to (flow F9).</summary>
public sealed record EventHandlingSettings
{
    /// <summary>Its host; empty: the host scanners reach SAM under.</summary>
    public string ConsoleHostname { get; init; } = "";

    /// <summary>Its TCP port for events.</summary>
    public int ConsoleEventPort { get; init; } = 6662;

    /// <summary>Its TCP port for log data.</summary>
    public int ConsoleLogPort { get; init; } = 6663;

    /// <summary>How much the scanner logs.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The event server passes on to SAM what matters so much or more; the rest stays in its own log.</summary>
    public EventSeverity LeastSeverity { get; init; } = EventSeverity.Error;

    /// <summary>Seconds within which the event server passes on only the first of events that say the same, and counts the others; 0: each of them.</summary>
    public int RepeatSeconds { get; init; } = 10;

    internal IEnumerable<FieldError> Validate()
    {
        if (ConsoleHostname.Length > 0 && !Host.IsValid(ConsoleHostname))
            yield return new FieldError("eventHandling.consoleHostname", $"'{ConsoleHostname}' is neither a host name nor an address.");
        if (ConsoleEventPort is < 1 or > 65535)
            yield return new FieldError("eventHandling.consoleEventPort", $"{ConsoleEventPort} is no TCP port; write 1 to 65535.");
        if (ConsoleLogPort is < 1 or > 65535)
            yield return new FieldError("eventHandling.consoleLogPort", $"{ConsoleLogPort} is no TCP port; write 1 to 65535.");
        if (ConsoleEventPort == ConsoleLogPort)
            yield return new FieldError("eventHandling.consoleLogPort", "Events and logs need a port each.");
        if (RepeatSeconds is < 0 or > 3600)
            yield return new FieldError("eventHandling.repeatSeconds", $"{RepeatSeconds} is not between 0 and 3600 seconds.");
    }
}
