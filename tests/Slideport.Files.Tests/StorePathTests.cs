using System.Text.RegularExpressions;
using CsCheck;

namespace Slideport.Files.Tests;

/// <summary>The words of scanners, barcodes and peers never steer where a file goes.</summary>
public sealed partial class StorePathTests
{
    private static readonly string[] Hostile =
    [
        "", ".", "..", "../..", "/etc/passwd", "\\\\server\\share", "C:\\x", "a/b", "a\\b", "a:b", "a\0b", "CON", "con.txt", "NUL", "LPT1.svs", "COM9",
        "trailing.", "trailing ", ".hidden", "..%2f..", "\u202Egnp.exe", "e\u0301", "\u00e9", "{Date}", new('x', 300), "-rf", "~root", "\r\n",
    ];

    // Pieces every published path traversal was made of, joined at random, next to wholly random text.
    private static readonly string[] Pieces =
    [
        "..", ".", "/", "\\", ":", "\0", "\r\n", "\t", " ", "~", "%2f", "%2e%2e", "..%c0%af", "..%255c", "$", "|", ";", "`", "*", "?", "\"", "<", ">", "&",
        "CON", "con", "PRN", "AUX", "NUL", "COM1", "lpt9", "CONIN$", "COM¹", ".svs", ".part", ".slideport-x.part", "::$DATA", "C:", "\\\\host\\share",
        "\\\\?\\", "/etc/passwd", "/dev/null", "-rf", "{Barcode}", "{Date}", "\u202E", "\u200F", "\u200B", "\uFEFF", "é", "e\u0301", "ß", "İ", "\uD800", "\uDFFF",
        "🔬", "スライド", "a", "Z", "0", "_", "-", "1.2.840.10008", new string('x', 300), new string('.', 40),
    ];

    private static readonly Gen<string> AnyHostile = Gen.OneOf(
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 8].Select(string.Concat),
        Gen.String[0, 150],
        Gen.Char.Array[0, 120].Select(c => new string(c)));

    [Fact]
    public void Attacks_recombined_stay_inside_the_root_as_one_harmless_component() =>
        AnyHostile.Sample(
            value =>
            {
                var path = StorePath.AtRoot("/srv/slides").Append(value).FullPath;
                var name = path["/srv/slides/".Length..];
                return Path.GetFullPath(path) == path && Path.GetDirectoryName(path) == "/srv/slides"
                    && HarmlessName().IsMatch(name) && !ReservedOnWindows().IsMatch(name) && StorePath.Component(name) == name;
            },
            iter: 200_000);

    [Fact]
    public void Resolving_takes_only_names_this_product_makes()
    {
        var root = StorePath.AtRoot("/srv/slides");

        Assert.Equal("/srv/slides/2026/slide-1.svs", root.Resolve("2026/slide-1.svs").FullPath);
        foreach (var relative in (string[])["../x", "/etc/passwd", "a//b", "a/../b", "a\\b", "CON", "a/", "", "a/.slideport-1.part", "-rf"])
            Assert.Throws<ArgumentException>(() => root.Resolve(relative));
    }

    [Fact]
    public void Only_a_suffix_is_added_to_a_value_that_had_to_change() =>
        Assert.Matches("^PV22_LEI_Case-D-[0-9a-f]{8}$", StorePath.Component("PV22;LEI;Case-D"));

    [Fact]
    public void A_harmless_value_stays_as_it_is() =>
        Assert.Equal("PV22-0815_A.1", StorePath.Component("PV22-0815_A.1"));

    [Fact]
    public void Hostile_values_stay_inside_the_root_as_one_component()
    {
        foreach (var value in Hostile)
            AssertInside(value);
    }

    [Fact]
    public void Any_value_stays_inside_the_root_as_one_component() => Gen.String.Sample(AssertInside, iter: 100_000);

    [Fact]
    public void Different_values_never_meet_because_forbidden_characters_were_replaced() =>
        Assert.Equal(Hostile.Length, Hostile.Select(v => StorePath.Component(v).ToUpperInvariant()).Distinct().Count());

    private static void AssertInside(string value)
    {
        var path = StorePath.AtRoot("/srv/slides").Append(value);
        var name = Path.GetRelativePath("/srv/slides", path.FullPath);

        Assert.Equal(Path.GetFullPath(path.FullPath), path.FullPath);
        Assert.StartsWith("/srv/slides/", path.FullPath, StringComparison.Ordinal);
        Assert.True(name.Length is > 0 and <= StorePath.MaxComponentChars, name);
        Assert.All(name, c => Assert.True(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_', name));
        Assert.False(name.StartsWith('.') || name.EndsWith('.'), name);
    }

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?<![.])$", RegexOptions.CultureInvariant)]
    private static partial Regex HarmlessName();

    [GeneratedRegex("^(con|prn|aux|nul|com[0-9]|lpt[0-9])([.].*)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ReservedOnWindows();
}
