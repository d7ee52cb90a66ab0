using System.Globalization;
using System.Text.RegularExpressions;
using Slideport.Converter;
using Slideport.Converter.Destinations;
using Slideport.Settings;

namespace Slideport.Architecture.Tests;

public sealed class DocumentTests
{
    [Fact]
    public void The_configuration_page_lists_every_setting_with_its_default()
    {
        var page = File.ReadAllText(Path.Join(Checkout.Root, "docs/configuration.md"));

        Assert.Empty(SlideportSettings.Catalogue.Where(s => !page.Contains($"| `{s.Key}` | `{s.Default}` | {s.Meaning} |", StringComparison.Ordinal)).Select(s => s.Key));
    }

    [Fact]
    public void The_catalogue_of_settings_tells_the_converters_real_defaults()
    {
        const string OfDestinations = "Converter:Destinations:*:";
        var told = SlideportSettings.Catalogue.Where(s => s.Key.StartsWith("Converter:", StringComparison.Ordinal) && s.Key != "Converter:SpoolFolder" && !s.Key.EndsWith(":*", StringComparison.Ordinal));

        Assert.All(told, s => Assert.Equal(
            s.Default == "none" ? "" : s.Default,
            s.Key.StartsWith(OfDestinations, StringComparison.Ordinal)
                ? Value(new DestinationOptions(), s.Key[OfDestinations.Length..])
                : Value(new ConverterOptions(), s.Key["Converter:".Length..]),
            ignoreCase: true));
        static string? Value(object defaults, string key) => Convert.ToString(defaults.GetType().GetProperty(key)!.GetValue(defaults), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Tests_and_pages_named_in_the_documents_exist()
    {
        var files = Directory.GetFiles(Path.Join(Checkout.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories);
        var names = files.Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var methods = files.SelectMany(f => Regex.Matches(File.ReadAllText(f), @" ([A-Z]\w*_\w*)\(").Select(m => m.Groups[1].Value)).ToHashSet();
        foreach (var page in Directory.EnumerateFiles(Path.Join(Checkout.Root, "docs"), "*.md"))
        {
            var text = File.ReadAllText(page);
            var named = Regex.Matches(text, "`([A-Za-z0-9]+Tests)`").Select(m => m.Groups[1].Value);
            var sentences = Regex.Matches(text, @"`([A-Z]\w*_[a-z]\w*)`").Select(m => m.Groups[1].Value);
            var linked = Regex.Matches(text, @"\]\((?!http)([^)#]+)").Select(m => m.Groups[1].Value);

            Assert.Empty(named.Where(n => !names.Contains(n)).Select(n => $"{Path.GetFileName(page)} names {n}"));
            Assert.Empty(sentences.Where(s => !methods.Contains(s)).Select(s => $"{Path.GetFileName(page)} names {s}"));
            Assert.Empty(linked.Where(l => !Path.Exists(Path.Join(Path.GetDirectoryName(page), l))).Select(l => $"{Path.GetFileName(page)} links {l}"));
        }
    }
}
