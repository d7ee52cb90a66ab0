namespace Slideport.Protocol;

/// <summary>What texts in messages may be.</summary>
internal static class MessageText
{
    /// <summary>The rule of <see cref="IsId"/> as a sentence.</summary>
    internal const string IdRule = "Write 1 to 64 letters, digits, points, hyphens and underscores.";

    /// <summary>Whether text can name something in an address and on a line.</summary>
    internal static bool IsId(string? text) => text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Whether text can be a DICOM UID. Real senders make some longer than the 64 characters of PS3.5 9.1.</summary>
    internal static bool IsUid(string? text) => text is { Length: > 0 and <= 128 } && text.All(c => char.IsAsciiDigit(c) || c == '.');

    /// <summary>Whether text is short enough, and one that every database can hold: not all of them hold U+0000.</summary>
    internal static bool Fits(string? text, int length) => text is null || (text.Length <= length && !text.Contains('\0', StringComparison.Ordinal));
}
