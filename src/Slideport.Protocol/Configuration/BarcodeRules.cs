using System.Text.RegularExpressions;

namespace Slideport.Protocol.Configuration;

/// <summary>How the barcode on a label becomes the id of a slide.</summary>
public static class BarcodeRules
{
    private const int MaxPatternChars = 200;

    /// <summary>What is wrong with a pattern, as a sentence; null when it can be used, and for the empty one.</summary>
    public static string? PatternError(string pattern)
    {
        if (pattern.Length > MaxPatternChars)
            return $"The pattern is longer than {MaxPatternChars} characters.";
        try
        {
            _ = Compile(pattern);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"'{pattern}' is no regular expression Slideport can use: {e.Message}";
        }
    }

    /// <summary>Whether a barcode is a valid id under a pattern that has no error. The whole barcode must match.</summary>
    public static bool IsValid(string? barcode, string pattern) =>
        !string.IsNullOrWhiteSpace(barcode) && (pattern.Length == 0 || Compile(pattern).IsMatch(barcode));

    // Non-backtracking: the time is linear in the barcode, whoever wrote the pattern.
    private static Regex Compile(string pattern) => new($"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
