using System.Xml.Linq;

namespace Slideport.Architecture.Tests;

public sealed class DependencyTests
{
    // The table of docs/architecture.md: who may refer to whom. The executable is the only composition root.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Slideport.Dicom"] = [],
        ["Slideport.Files"] = [],
        ["Slideport.Protocol"] = ["Slideport.Files"],
        ["Slideport.Slides"] = ["Slideport.Dicom", "Slideport.Files"],
        ["Slideport.ImageStore"] = ["Slideport.Files"],
        ["Slideport.Database"] = ["Slideport.Files"],
        ["Slideport.Http"] = ["Slideport.Protocol", "Slideport.Database"],
        ["Slideport.Converter"] = ["Slideport.Dicom", "Slideport.Slides", "Slideport.ImageStore", "Slideport.Files", "Slideport.Protocol"],
        ["Slideport.Sam"] = ["Slideport.Protocol", "Slideport.Http", "Slideport.Database", "Slideport.Files"],
        ["Slideport.Dsr"] = ["Slideport.Dicom", "Slideport.Slides", "Slideport.ImageStore", "Slideport.Http", "Slideport.Database", "Slideport.Files", "Slideport.Protocol"],
        ["Slideport.Scanner"] = ["Slideport.Dicom", "Slideport.Slides", "Slideport.Files", "Slideport.Protocol"],
    };

    [Fact]
    public void Every_project_refers_only_to_what_the_table_allows()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Join(Checkout.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            if (name == "Slideport")
                continue;
            var references = XDocument.Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));

            Assert.True(Allowed.ContainsKey(name), $"{name} is not in the table");
            Assert.Empty(references.Except(Allowed[name]).Select(r => $"{name} → {r}"));
        }
    }

    [Fact]
    public void The_architecture_page_names_every_project()
    {
        var page = File.ReadAllText(Path.Join(Checkout.Root, "docs/architecture.md"));

        Assert.All(Allowed.Keys, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_libraries_others_build_on_are_Apache()
    {
        foreach (var name in (string[])["Slideport.Dicom", "Slideport.Files", "Slideport.Protocol", "Slideport.Slides"])
        {
            var project = XDocument.Load(Path.Join(Checkout.Root, "src", name, name + ".csproj"));
            Assert.Equal("Apache-2.0", (string?)project.Descendants("PackageLicenseExpression").SingleOrDefault());
        }
    }
}
