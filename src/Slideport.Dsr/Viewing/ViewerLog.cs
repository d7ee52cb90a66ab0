using Microsoft.Extensions.Logging;

namespace Slideport.Dsr.Viewing;

/// <summary>What the viewer has to say to whoever runs the server; those who look at slides are told less.</summary>
internal static partial class ViewerLog
{
    [LoggerMessage(EventId = 7401, Level = LogLevel.Warning, Message = "A slide could not be read for looking at it: {Problem}")]
    internal static partial void SlideAway(ILogger logger, string problem);

    [LoggerMessage(EventId = 7402, Level = LogLevel.Warning, Message = "Slide {Id} is damaged, or cannot be shown: {Problem}")]
    internal static partial void SlideDamaged(ILogger logger, string? id, string problem);
}
