using Microsoft.Extensions.Logging;

namespace Slideport.Protocol;

/// <summary>What the common work of roles says in their logs.</summary>
internal static partial class Log
{
    [LoggerMessage(2310, LogLevel.Error, "{Name}: a round failed and will be repeated: {Reason}")]
    internal static partial void BackgroundFailed(ILogger log, string name, string reason, Exception exception);

    [LoggerMessage(2400, LogLevel.Warning, "SAM at {Address} cannot be asked for {What}; work goes on with what is known: {Reason}")]
    internal static partial void SamAway(ILogger log, Uri address, string what, string reason);

    [LoggerMessage(2401, LogLevel.Information, "SAM at {Address} can be asked for {What} again.")]
    internal static partial void SamAnswersAgain(ILogger log, Uri address, string what);
}
