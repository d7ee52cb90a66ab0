using CsCheck;
using Slideport.Files;
using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Tests.Configuration;

public sealed class FileNameTemplateTests
{
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["Barcode"] = "S26-0815",
        ["Scanner"] = "SS12345",
        ["Date"] = "20260301",
        ["Time"] = "120000",
        ["Counter"] = "17",
    };

    [Theory]
    [InlineData("{Barcode}", "S26-0815")]
    [InlineData("{Scanner}/{Date}/{Barcode}_{Time}", "SS12345/20260301/S26-0815_120000")]
    [InlineData("slide-{Counter}", "slide-17")]
    [InlineData("{Rack}", "unknown")]
    [InlineData("{Barcode}{Barcode}", "S26-0815S26-0815")]
    public void Words_are_replaced_by_their_values(string template, string expected) => Assert.Equal(expected, Parse(template).Expand(Values));

    [Theory]
    [InlineData("", "a folder without a name")]
    [InlineData("/a", "a folder without a name")]
    [InlineData("a//b", "a folder without a name")]
    [InlineData("../{Barcode}", "'.' or '..'")]
    [InlineData("{Barcod}", "unknown word {Barcod}")]
    [InlineData("{barcode}", "unknown word {barcode}")]
    [InlineData("{Barcode:0}", "unknown word {Barcode:0}")]
    [InlineData("{Rack:1}", "unknown word {Rack:1}")]
    [InlineData("{Barcode", "brace without its partner")]
    [InlineData("Barcode}", "brace without its partner")]
    [InlineData("{{Barcode}}", "unknown word {{Barcode}")]
    [InlineData("a/b/c/d/e/f/g/h/i", "more than 7 sub-folders")]
    public void A_wrong_template_is_refused_in_a_sentence(string template, string expected)
    {
        Assert.False(FileNameTemplate.TryParse(template, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("file-name template", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{Barcode:1}/{Barcode:3}", "S26/B2")]
    [InlineData("{Barcode:4}", "unknown")]
    public void A_barcode_is_parted_by_its_delimiter(string template, string expected) =>
        Assert.Equal(expected, Parse(template).Expand(new Dictionary<string, string>(FileNameTemplate.BarcodeValues("S26;0815;B2", ";"), StringComparer.Ordinal)));

    [Fact]
    public void No_path_is_longer_than_what_was_promised()
    {
        var word = Gen.OneOf(new[] { "{Barcode}", "{Barcode:2}", "{Scanner}", "{Rack}", "{Date}", "{Counter}", "{SeriesUid}", "slides", "a:b" }.Select(Gen.Const).ToArray());
        var components = Gen.Select(word, word, (a, b) => a + b).Array[1, 7];
        Gen.Select(components, Gen.Int[0, 200], Gen.String[0, 300], Gen.String[Gen.Char.AlphaNumeric, 0, 300]).Sample((parts, locationChars, strange, plain) =>
        {
            var (template, location) = (Parse(string.Join('/', parts)), new string('l', locationChars));
            var values = new Dictionary<string, string>(FileNameTemplate.BarcodeValues(plain + ";" + strange, ";"), StringComparer.Ordinal)
            {
                ["Scanner"] = plain,
                ["Rack"] = strange,
                ["Date"] = "20260301",
                ["Counter"] = "4294967296",
                ["SeriesUid"] = new string('1', 64),
            };

            return template.TooLongAt(location) is not null || Path.Join(location, FileNameTemplate.WithSuffix(template.Expand(values), 99999, ".svs")).Length <= 240;
        });
    }

    [Theory]
    [InlineData("{Scanner}/{Date}/{Barcode}", @"\\server.hospital.example\pathology$\slides", true)]
    [InlineData("{Barcode}_{Date}_{Time}", "/mnt/slides", true)]
    [InlineData("{StudyUid}/{SeriesUid}/{Barcode}", "/mnt/slides", false)]
    public void A_template_is_refused_where_a_path_could_be_too_long_for_Windows(string template, string location, bool fits)
    {
        Assert.Equal(fits, Parse(template).TooLongAt(location) is null);
        Assert.Equal(fits, !new ScannerConfiguration { Images = new ImagesSettings { FileLocation = location, ImageFilenameFormat = template } }.Validate().Any());
    }

    [Fact]
    public void Two_values_too_long_for_a_name_stay_two()
    {
        string Name(char last) => Parse("{Barcode}").Expand(new Dictionary<string, string>(StringComparer.Ordinal) { ["Barcode"] = new string('a', 200) + last });

        Assert.NotEqual(Name('b'), Name('c'));
        Assert.Equal(64, Name('b').Length);
    }

    [Fact]
    public void Values_are_data_and_never_expanded_again()
    {
        var hostile = new Dictionary<string, string>(Values, StringComparer.Ordinal) { ["Barcode"] = "{Date}/../{Scanner}" };

        var name = Parse("{Barcode}").Expand(hostile);

        Assert.DoesNotContain("20260301", name, StringComparison.Ordinal);
        Assert.DoesNotContain("SS12345", name, StringComparison.Ordinal);
        Assert.DoesNotContain('/', name);
    }

    [Fact]
    public void No_value_leaves_the_store_with_any_suffix_or_extension()
    {
        var root = StorePath.AtRoot("/srv/slides");
        var template = Parse("{Scanner}/{Barcode}-{ImageId}");

        Gen.Select(Gen.String[0, 150], Gen.String[0, 150], Gen.String[0, 40], Gen.Int[1, 99999]).Sample(
            (scanner, barcode, image, attempt) =>
            {
                var name = template.Expand(new Dictionary<string, string>(StringComparer.Ordinal) { ["Scanner"] = scanner, ["Barcode"] = barcode, ["ImageId"] = image });
                var path = root.Resolve(FileNameTemplate.WithSuffix(name, attempt, ".svs")).FullPath;
                return Path.GetFullPath(path) == path && Path.GetDirectoryName(Path.GetDirectoryName(path)) == "/srv/slides";
            },
            iter: 100_000);
    }

    [Fact]
    public void The_white_space_scanners_end_barcodes_with_is_dropped() =>
        Assert.Equal("A-1", Parse("{Barcode}").Expand(new Dictionary<string, string>(StringComparer.Ordinal) { ["Barcode"] = "A-1\r\n" }));

    private static FileNameTemplate Parse(string text) =>
        FileNameTemplate.TryParse(text, out var template, out var error) ? template : throw new Xunit.Sdk.XunitException(error);
}
