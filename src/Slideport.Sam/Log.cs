using Microsoft.Extensions.Logging;
using Slideport.Database;

namespace Slideport.Sam;

/// <summary>What SAM says in its log; event ids 3000–3999.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "SAM DataServer listens on {Address}, database {Provider}.")]
    internal static partial void Listening(ILogger log, string address, DatabaseProvider provider);

    [LoggerMessage(3001, LogLevel.Error, "SAM cannot {What}, and tries again (told once, until it can): {Reason}")]
    internal static partial void HousekeepingFailed(ILogger log, string what, string reason, Exception error);

    [LoggerMessage(3008, LogLevel.Information, "SAM can {What} again; it could not for {Duration}.")]
    internal static partial void HousekeepingWorks(ILogger log, string what, TimeSpan duration);

    [LoggerMessage(3003, LogLevel.Warning, "The audit repository {Host}:{Port} did not take the audit trail (attempt {Attempt}, nothing is lost): {Reason}")]
    internal static partial void RepositoryAway(ILogger log, string host, int port, int attempt, string reason);

    [LoggerMessage(3004, LogLevel.Critical, "The audit trail is no longer the one whose entry {Sent} the audit repository has; it gets everything again from entry {First}. 'slideport audit verify' says more.")]
    internal static partial void RepositoryDiffers(ILogger log, long sent, long first);

    [LoggerMessage(3002, LogLevel.Critical, "{Problem} 'slideport audit verify' checks all of it.")]
    internal static partial void TrailBroken(ILogger log, string problem);

    [LoggerMessage(3006, LogLevel.Error, "At its end SAM could not write down {What}: {Reason}")]
    internal static partial void NotWrittenDown(ILogger log, string what, string reason, Exception error);

    [LoggerMessage(3007, LogLevel.Information, "Notifications, metadata for the DSR and the audit trail for its repository are sent by {Whom}.")]
    internal static partial void LeaseMoved(ILogger log, string whom);

    [LoggerMessage(3100, LogLevel.Warning, "The DSR did not take {Subject} (attempt {Attempt}): {Reason}")]
    internal static partial void ForwardingFailed(ILogger log, string subject, int attempt, string reason);

    [LoggerMessage(3200, LogLevel.Warning, "A notification by {Channel} was not taken (attempt {Attempt}) and is sent again: {Reason}")]
    internal static partial void NotificationFailed(ILogger log, string channel, int attempt, string reason);

    [LoggerMessage(3201, LogLevel.Error, "A notification by {Channel} could not be sent for a day and is dropped: {Reason}")]
    internal static partial void NotificationDropped(ILogger log, string channel, string reason);

    [LoggerMessage(3300, LogLevel.Information, "SAM serves time on {Address} (NTP over UDP).")]
    internal static partial void ServingTime(ILogger log, string address);

    [LoggerMessage(3301, LogLevel.Warning, "An answer to a question for the time could not be sent to {Peer} (told once a minute at most): {Reason}")]
    internal static partial void TimeNotSent(ILogger log, string peer, string reason);

    [LoggerMessage(3302, LogLevel.Error, "SAM's time service failed and goes on (told once a minute at most): {Reason}")]
    internal static partial void TimeServiceFailed(ILogger log, string reason, Exception error);

    [LoggerMessage(3500, LogLevel.Information, "{Count} events were deleted, for their time is over.")]
    internal static partial void EventsDeleted(ILogger log, int count);

    [LoggerMessage(3101, LogLevel.Error, "The DSR will not take {Subject}: {Reason} It stays in the outbox until somebody sends it again.")]
    internal static partial void ForwardingGivenUp(ILogger log, string subject, string reason);
}
