namespace Slideport.Scanner.Slides;

/// <summary>Code 39 (ISO/IEC 16388), the bar code of many slide labels: nine bars and spaces a character, three of them wide.</summary>
internal static class Code39
{
    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. *$/+%";
    private const int Wide = 3;

    private static readonly string[] Patterns =
    [
        "nnnwwnwnn", "wnnwnnnnw", "nnwwnnnnw", "wnwwnnnnn", "nnnwwnnnw", "wnnwwnnnn", "nnwwwnnnn", "nnnwnnwnw", "wnnwnnwnn", "nnwwnnwnn",
        "wnnnnwnnw", "nnwnnwnnw", "wnwnnwnnn", "nnnnwwnnw", "wnnnwwnnn", "nnwnwwnnn", "nnnnnwwnw", "wnnnnwwnn", "nnwnnwwnn", "nnnnwwwnn",
        "wnnnnnnww", "nnwnnnnww", "wnwnnnnwn", "nnnnwnnww", "wnnnwnnwn", "nnwnwnnwn", "nnnnnnwww", "wnnnnnwwn", "nnwnnnwwn", "nnnnwnwwn",
        "wwnnnnnnw", "nwwnnnnnw", "wwwnnnnnn", "nwnnwnnnw", "wwnnwnnnn", "nwwnwnnnn", "nwnnnnwnw", "wwnnnnwnn", "nwwnnnwnn", "nwnnwnwnn",
        "nwnwnwnnn", "nwnwnnnwn", "nwnnnwnwn", "nnnwnwnwn",
    ];

    /// <summary>Bars and spaces from the left, with their width in narrow bars. Characters the code lacks become dashes.</summary>
    public static IEnumerable<(bool IsBar, int Width)> Encode(string text)
    {
        foreach (var character in $"*{text.ToUpperInvariant().Replace('*', '-')}*")
        {
            var at = Characters.IndexOf(character, StringComparison.Ordinal);
            var pattern = Patterns[at < 0 ? Characters.IndexOf('-', StringComparison.Ordinal) : at];
            for (var i = 0; i < pattern.Length; i++) yield return (i % 2 == 0, pattern[i] == 'w' ? Wide : 1);
            yield return (false, 1);
        }
    }

    /// <summary>Width of a whole code in narrow bars.</summary>
    public static int WidthOf(string text) => Encode(text).Sum(element => element.Width);
}
