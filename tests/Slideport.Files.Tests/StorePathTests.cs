using CsCheck;

namespace Slideport.Files.Tests;

public sealed class StorePathTests
{
    private static readonly string[] Hostile =
    [
        "", ".", "..", "../..", "/etc/passwd", "\\\\server\\share", "C:\\x", "a/b", "a\\b", "a:b", "a\0b", "CON", "con.txt", "NUL", "LPT1.svs", "COM9",
        "trailing.", "trailing ", ".hidden", "..%2f..", "\u202Egnp.exe", "e\u0301", "\u00e9", "{Date}", new('x', 300), "-rf", "~root", "\r\n",
    ];

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
}
