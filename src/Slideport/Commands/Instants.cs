using System.CommandLine;
using System.Globalization;

namespace Slideport.Commands;

/// <summary>Times as they are typed.</summary>
internal static class Instants
{
    /// <summary>The time an option names; null when it is not given.</summary>
    /// <exception cref="UsageException">It is no time.</exception>
    public static DateTimeOffset? Of(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : throw new UsageException($"{option.Name} '{text}' is no time; write 2026-03-01 (UTC) or 2026-03-01T08:00:00+01:00.");
    }
}
