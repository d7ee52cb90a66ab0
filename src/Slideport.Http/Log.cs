using Microsoft.Extensions.Logging;

namespace Slideport.Http;

internal static partial class Log
{
    [LoggerMessage(3005, LogLevel.Error, "{Sentence} Meanwhile whoever needs it is refused (told once a minute at most): {Reason}")]
    internal static partial void DatabaseAway(ILogger log, string sentence, string reason);
}
