using System.Globalization;
using Microsoft.Extensions.Logging;
using Slideport.Files;

namespace Slideport.Converter.Receiving;

/// <summary>Whether the spool's disk can be trusted, and whether it has room.</summary>
/// <remarks>
/// A disk that failed <see cref="MaxFailures"/> flushes in a row gets no more slides until somebody has looked at it and restarted
/// Slideport: refusing makes scanners keep their slides, accepting would lose them. A full disk is no failed
/// disk; it empties again. Nor is one out of descriptors.
/// </remarks>
internal sealed class DiskHealth
{
    internal const int MaxFailures = 3;

    private readonly string _folder;
    private readonly long _reserveBytes;
    private readonly int _fullPercent;
    private readonly ILogger _log;
    private int _failures;

    internal DiskHealth(string folder, ConverterOptions options, ILogger log)
    {
        _folder = folder;
        (_reserveBytes, _fullPercent) = (options.SpoolReserveBytes, options.SpoolFullPercent);
        _log = log;
    }

    /// <summary>Why no association is taken now; null when they are. Earlier than instances are refused: what is under way is still taken.</summary>
    internal string? AssociationRefusal()
    {
        var used = DurableFile.Space(_folder).Used * 100;
        return _fullPercent == 100 || used < _fullPercent ? null : string.Create(CultureInfo.InvariantCulture, $"The spool's disk is {used:0.0} % full; associations are refused from {_fullPercent} % on (Converter:SpoolFullPercent).");
    }

    /// <summary>Why nothing can be stored now; null when it can.</summary>
    internal string? Refusal()
    {
        if (Volatile.Read(ref _failures) >= MaxFailures)
            return "The spool's disk has failed; it must be checked.";
        var available = DurableFile.Space(_folder).FreeBytes;
        return available >= _reserveBytes ? null : $"The spool has {available} bytes left, fewer than the {_reserveBytes} kept in reserve.";
    }

    internal void Succeeded() => Volatile.Write(ref _failures, 0);

    internal void Failed(IOException failure)
    {
        if (!DurabilityException.MeansBadMedium(failure))
            return;
        if (Interlocked.Increment(ref _failures) == MaxFailures)
            Log.DiskUnhealthy(_log, MaxFailures);
    }
}
