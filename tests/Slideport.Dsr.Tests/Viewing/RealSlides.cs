namespace Slideport.Dsr.Tests.Viewing;

/// <summary>
/// The folder of real slides: SLIDEPORT_TEST_DATA, or <c>shared/data</c> beside the repository. Tests skip where it is missing, and fail
/// instead where CI=true.
/// </summary>
internal static class RealSlides
{
    internal static string Path(string name)
    {
        var file = Folder() is { } folder ? System.IO.Path.Join(folder, name) : null;
        if (file is not null && System.IO.Path.Exists(file))
            return file;
        var reason = $"Real slide {name} is missing; set SLIDEPORT_TEST_DATA to the folder that holds it.";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", reason);
        Assert.Fail(reason);
        return "";
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("SLIDEPORT_TEST_DATA") is { Length: > 0 } set)
            return set;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Join(at.FullName, "Slideport.slnx")))
                return new[] { "../shared/data", "../../shared/data" }.Select(f => System.IO.Path.Join(at.FullName, f)).FirstOrDefault(Directory.Exists);
        }

        return null;
    }
}
