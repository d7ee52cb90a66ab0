using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Slideport.Dsr.Catalogue;

/// <summary>Where a page ended: the last slide's place in the order, as text for an address.</summary>
internal static class PageMark
{
    private const int MaxChars = 1000;

    internal static string Of(DateTimeOffset instant, string id) => Of(instant.UtcTicks.ToString(CultureInfo.InvariantCulture), id);

    internal static string Of(string key, string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{id}/{key}"));

    /// <summary>The mark of a page in the order of a text.</summary>
    /// <exception cref="FormatException">It is no mark of ours.</exception>
    internal static (string Key, string Id) Text(string mark)
    {
        if (mark.Length > MaxChars)
            throw new FormatException("It is too long.");
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(mark));
        return text.Length > 32 && text[32] == '/' && SlideId.IsMeant(text[..32]) && !text.Contains('\0', StringComparison.Ordinal) ? (text[33..], text[..32]) : throw new FormatException("It is no mark of a page.");
    }

    /// <summary>The mark of a page in the order of time.</summary>
    /// <exception cref="FormatException">It is no mark of ours.</exception>
    internal static (DateTimeOffset Instant, string Id) Instant(string mark)
    {
        var (key, id) = Text(mark);
        return long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), id)
            : throw new FormatException("It is no mark of a page.");
    }
}
