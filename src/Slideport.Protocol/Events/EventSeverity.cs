namespace Slideport.Protocol.Events;

/// <summary>
/// How much an event matters. The numbers are the order, and are kept in databases: a threshold lets through what is at or above it. What
/// concerns security stands highest, so that no threshold leaves it out.
/// </summary>
public enum EventSeverity
{
    /// <summary>Something happened as it should.</summary>
    Info = 10,

    /// <summary>It may become an error.</summary>
    Warning = 20,

    /// <summary>Something failed; the scanner goes on.</summary>
    Error = 30,

    /// <summary>The scanner cannot go on, or slides are at risk: somebody must look, and say so.</summary>
    Critical = 40,

    /// <summary>Somebody did, or tried, what he may not: somebody must look, and say so.</summary>
    Security = 50,
}
