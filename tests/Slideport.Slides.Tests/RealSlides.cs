namespace Slideport.Slides.Tests;

/// <summary>
/// The folder of real slides: SLIDEPORT_TEST_DATA, or <c>shared/data</c> beside the repository (one level further up from a second
/// work tree). Tests skip where it is missing, and fail instead where CI=true.
/// </summary>
internal static class RealSlides
{
    public static string Path(string name)
    {
        var file = Folder() is { } folder ? System.IO.Path.Join(folder, name) : null;
        if (file is not null && File.Exists(file)) return file;
        var reason = $"Real slide {name} is missing; set SLIDEPORT_TEST_DATA to the folder that holds it.";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Skip(reason);
        return "";
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("SLIDEPORT_TEST_DATA") is { Length: > 0 } set) return set;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(System.IO.Path.Join(at.FullName, "Slideport.slnx"))) continue;
            string[] candidates = [System.IO.Path.Join(at.FullName, "../shared/data"), System.IO.Path.Join(at.FullName, "../../shared/data")];
            return candidates.FirstOrDefault(Directory.Exists);
        }

        return null;
    }
}
