using System.Globalization;
using System.Text;

namespace Slideport.Http.Export;

/// <summary>Text of others where it is shown or sent a line each: nothing in it can begin a line, move a cursor or end a document.</summary>
public static class OneLine
{
    /// <summary>The text with every control character, line separator and half of a pair written as <c>\uXXXX</c>.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var line = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                line.Append(text[i]).Append(text[++i]);
            else if (char.IsControl(text[i]) || char.IsSurrogate(text[i]) || text[i] is '\u2028' or '\u2029' or '\uFFFE' or '\uFFFF')
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
            else
                line.Append(text[i]);
        }

        return line.ToString();
    }
}
