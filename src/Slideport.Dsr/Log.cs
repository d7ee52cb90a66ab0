using Microsoft.Extensions.Logging;

namespace Slideport.Dsr;

/// <summary>What the DSR says in its log; event ids 5000–5999.</summary>
internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Information, "DSR DataServer listens on {Address}, for people on {Web}, database {Provider}.")]
    internal static partial void Listening(ILogger log, string address, string web, Slideport.Database.DatabaseProvider provider);

    [LoggerMessage(5001, LogLevel.Information, "Looked through '{Location}': {Slides} slides, {New} new, {Unreadable} that cannot be read, {Missing} missing.")]
    internal static partial void Rescanned(ILogger log, string location, int slides, int @new, int unreadable, int missing);

    [LoggerMessage(5002, LogLevel.Warning, "'{Location}' could not be looked through; the catalogue stays as it is: {Reason}")]
    internal static partial void NotRescanned(ILogger log, string location, string reason);

    [LoggerMessage(5003, LogLevel.Warning, "'{Name}' on '{Location}' could not be looked at; the next rescan does it: {Reason}")]
    internal static partial void NotLookedAt(ILogger log, string name, string location, string reason);

    [LoggerMessage(5004, LogLevel.Error, "Slide {Id}, '{Name}' on '{Location}': {Problem}")]
    internal static partial void Damaged(ILogger log, string id, string name, string location, string problem);

    [LoggerMessage(5005, LogLevel.Warning, "'{Name}' on '{Location}' could not be read to be compared with its hash: {Reason}")]
    internal static partial void NotScrubbed(ILogger log, string name, string location, string reason);

    [LoggerMessage(5006, LogLevel.Information, "Slide {Id}, '{Name}' on '{Location}', was stored over the web by {By}.")]
    internal static partial void Stored(ILogger log, string id, string name, string location, string by);

    [LoggerMessage(5007, LogLevel.Warning, "Instance '{Uid}' that came over the web was refused with {Status}: {Reason}")]
    internal static partial void InstanceRefused(ILogger log, string uid, string status, string reason);

    [LoggerMessage(5008, LogLevel.Warning, "Part '{Key}' of an instance that was not stored could not be removed; it is tried again: {Reason}")]
    internal static partial void PartNotRemoved(ILogger log, string key, string reason);

    [LoggerMessage(5009, LogLevel.Warning, "Slide {Id}, '{Name}' on '{Location}', was removed, as {By} had asked.")]
    internal static partial void Removed(ILogger log, string id, string name, string location, string by);

    [LoggerMessage(5010, LogLevel.Warning, "Slide {Id}, '{Name}' on '{Location}', is not removed: {Reason}")]
    internal static partial void NotRemoved(ILogger log, string id, string name, string location, string reason);
}
