namespace Slideport.Protocol.Time;

/// <summary>Leap Indicator (RFC 5905 §7.3, figure 9): what comes at the end of the month, or that the clock is not to be trusted.</summary>
public enum LeapIndicator
{
    /// <summary>No leap second is announced.</summary>
    None = 0,

    /// <summary>The last minute has 61 seconds.</summary>
    Insert = 1,

    /// <summary>The last minute has 59 seconds.</summary>
    Delete = 2,

    /// <summary>The server's clock is not synchronised: it says no time.</summary>
    Unsynchronized = 3,
}
