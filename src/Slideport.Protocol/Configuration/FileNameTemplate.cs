using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Slideport.Files;

namespace Slideport.Protocol.Configuration;

/// <summary>
/// The pattern of delivered names, e.g. <c>{Scanner}/{Barcode}_{Date}</c>: words in braces are values, <c>/</c> makes sub-folders;
/// <c>{Barcode:1}</c> is the first part of a barcode that a delimiter parts.
/// </summary>
/// <remarks>
/// Values are data: braces and separators in a barcode stay what they are and are made harmless with the rest by
/// <see cref="StorePath.Component"/>. Only the template itself makes folders.
/// </remarks>
public sealed class FileNameTemplate
{
    /// <summary>The words a template may use.</summary>
    public static IReadOnlyList<string> Words { get; } =
        ["Barcode", "Scanner", "Date", "Time", "Rack", "Slot", "ImageId", "Counter", "StudyUid", "SeriesUid"];

    /// <summary>The longest path Windows programs open: 260 with the drive or share, the terminating zero and a viewer's own suffixes.</summary>
    public const int MaxPathChars = 240;

    // Barcodes, serial numbers and UIDs are LO or UI, 64 characters at most (PS3.5 6.2); a longer one is cut.
    private const int MaxValueChars = 64;

    private const int MaxFolders = 8;
    private const int MaxBarcodeParts = 9;

    // Room for a suffix and an extension below StorePath's limit: "-99999" and ".svs".
    private const int ReservedChars = 10;

    private readonly IReadOnlyList<Piece>[] _components;

    private FileNameTemplate(IReadOnlyList<Piece>[] components) => _components = components;

    private readonly record struct Piece(string Text, bool IsWord);

    /// <summary>Whether a name differs each time by itself, because the template counts.</summary>
    public bool Counts => _components.Any(c => c.Any(p => p is { IsWord: true, Text: "Counter" }));

    /// <summary>Reads a template.</summary>
    /// <param name="text">As the setting has it.</param>
    /// <param name="template">The template.</param>
    /// <param name="error">One sentence saying what is wrong.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out FileNameTemplate? template, [NotNullWhen(false)] out string? error)
    {
        template = null;
        var components = text.Split('/');
        if (components.Length > MaxFolders)
        {
            error = $"The file-name template '{text}' has more than {MaxFolders - 1} sub-folders.";
            return false;
        }

        var parsed = new IReadOnlyList<Piece>[components.Length];
        for (var i = 0; i < components.Length; i++)
        {
            if (components[i].Length == 0 || components[i] is "." or "..")
            {
                error = $"The file-name template '{text}' has a folder without a name, or '.' or '..'; write names or {{words}} between the slashes.";
                return false;
            }

            if (!TryParseComponent(components[i], out var pieces, out error))
            {
                error = $"The file-name template '{text}' {error}";
                return false;
            }

            parsed[i] = pieces;
        }

        template = new FileNameTemplate(parsed);
        error = null;
        return true;
    }

    /// <summary>The name for some values, without suffix and extension.</summary>
    /// <param name="values">Value of each word; a missing one is written as <c>unknown</c>.</param>
    /// <returns>Components of <see cref="StorePath"/> parted by <c>/</c>, the last at most 90 characters long.</returns>
    public string Expand(IReadOnlyDictionary<string, string> values)
    {
        var path = new StringBuilder();
        for (var i = 0; i < _components.Length; i++)
        {
            var text = string.Concat(_components[i].Select(p => p.IsWord ? Value(values, p.Text) : p.Text));
            path.Append(i == 0 ? "" : "/").Append(StorePath.Component(text, Limit(i)));
        }

        return path.ToString();
    }

    /// <summary>Whether every path it can make at a location is one that Windows programs open, too.</summary>
    /// <param name="location">Where files are delivered: a path, a UNC path or an address.</param>
    /// <returns>One sentence saying what is wrong; null: none is longer than 240 characters.</returns>
    public string? TooLongAt(string location)
    {
        var longest = location.Length + _components.Length + _components.Select(LongestComponent).Sum() + ReservedChars;
        return longest <= MaxPathChars
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"With the location '{location}' a path can be {longest} characters long, more than the {MaxPathChars} that viewers on Windows open; use fewer words or a shorter location.");
    }

    /// <summary>The values of <c>{Barcode}</c>, <c>{Barcode:1}</c> … <c>{Barcode:9}</c>.</summary>
    /// <param name="barcode">The barcode; null or empty when there is none.</param>
    /// <param name="delimiter">Parts it; empty: its first part is all of it.</param>
    public static IEnumerable<KeyValuePair<string, string>> BarcodeValues(string? barcode, string delimiter)
    {
        yield return KeyValuePair.Create("Barcode", barcode ?? "");
        var parts = delimiter.Length == 0 ? [barcode ?? ""] : (barcode ?? "").Split(delimiter, MaxBarcodeParts + 1);
        for (var i = 0; i < Math.Min(parts.Length, MaxBarcodeParts); i++)
            yield return KeyValuePair.Create(PartWord(i + 1), parts[i]);
    }

    /// <summary>A name with the extension, and from the second try on with a number.</summary>
    /// <param name="name">From <see cref="Expand"/>.</param>
    /// <param name="attempt">1 for the plain name, 2 for <c>_2</c> and so on.</param>
    /// <param name="extension">With its dot, or empty.</param>
    public static string WithSuffix(string name, int attempt, string extension) =>
        attempt == 1 ? name + extension : string.Create(CultureInfo.InvariantCulture, $"{name}_{attempt}{extension}");

    private int Limit(int component) => StorePath.MaxComponentChars - (component == _components.Length - 1 ? ReservedChars : 0);

    private int LongestComponent(IReadOnlyList<Piece> pieces, int component)
    {
        var chars = pieces.Sum(p => p.IsWord ? LongestValue(p.Text) : p.Text.Length);
        // What has to be changed to be a name is marked as such.
        return Math.Min(chars + StorePath.MarkChars, Limit(component));
    }

    private static int LongestValue(string word) => word switch
    {
        "Date" => 8,
        "Time" => 6,
        "ImageId" or "Counter" => 10,
        _ => MaxValueChars,
    };

    private static string Value(IReadOnlyDictionary<string, string> values, string word)
    {
        var value = values.TryGetValue(word, out var given) && !string.IsNullOrWhiteSpace(given) ? given.Trim() : "unknown";
        return value.Length <= MaxValueChars ? value : StorePath.Component(value, MaxValueChars);
    }

    private static bool TryParseComponent(string text, [NotNullWhen(true)] out List<Piece>? pieces, [NotNullWhen(false)] out string? error)
    {
        pieces = null;
        var found = new List<Piece>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.AsSpan(at).IndexOfAny('{', '}');
            if (open < 0)
            {
                found.Add(new Piece(text[at..], IsWord: false));
                break;
            }

            if (open > 0)
                found.Add(new Piece(text[at..(at + open)], IsWord: false));
            at += open;
            var close = text.IndexOf('}', at);
            if (text[at] == '}' || close < 0)
            {
                error = "has a brace without its partner.";
                return false;
            }

            var word = text[(at + 1)..close];
            if (!Words.Contains(word, StringComparer.Ordinal) && !IsPartWord(word))
            {
                error = $"has the unknown word {{{word}}}; known are {string.Join(", ", Words)}.";
                return false;
            }

            found.Add(new Piece(word, IsWord: true));
            at = close + 1;
        }

        pieces = found;
        error = null;
        return true;
    }

    private static string PartWord(int part) => string.Create(CultureInfo.InvariantCulture, $"Barcode:{part}");

    private static bool IsPartWord(string word) => Enumerable.Range(1, MaxBarcodeParts).Any(part => PartWord(part) == word);
}
