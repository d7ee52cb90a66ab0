using System.Text.Json;
using System.Xml.Linq;

namespace Slideport.Architecture.Tests;

/// <summary>What is shipped is named with its licence, and what is restored is locked.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_notices_name_every_package_that_is_shipped_with_its_licence()
    {
        var notices = File.ReadAllLines(Path.Join(Checkout.Root, "THIRD-PARTY-NOTICES.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToLookup(cells => cells[1], cells => cells[2]);
        using var dependencies = JsonDocument.Parse(File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "slideport.deps.json")));
        var shipped = dependencies.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package")
            .Select(library => library.Name.Split('/')[0]).ToList();

        Assert.Contains("System.CommandLine", shipped); // the list is there at all
        Assert.DoesNotContain(shipped, name => notices[name].All(licence => licence.Length == 0));
    }

    [Fact]
    public void Every_project_has_its_packages_locked()
    {
        var projects = XDocument.Load(Path.Join(Checkout.Root, "Slideport.slnx")).Descendants("Project").Select(p => (string)p.Attribute("Path")!);

        Assert.DoesNotContain(projects, project => !File.Exists(Path.Join(Checkout.Root, Path.GetDirectoryName(project), "packages.lock.json")));
    }
}
