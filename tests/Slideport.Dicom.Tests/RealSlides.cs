namespace Slideport.Dicom.Tests;

/// <summary>The folder with real slides: SLIDEPORT_TEST_DATA, or shared/data beside the repository.</summary>
internal static class RealSlides
{
    /// <summary>Path of a real slide; skips the test where the folder is missing, fails it where CI=true.</summary>
    public static string Path(string name)
    {
        var root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(System.IO.Path.Join(root, "Slideport.slnx"))) root = System.IO.Path.GetDirectoryName(root);
        string?[] folders =
        [
            Environment.GetEnvironmentVariable("SLIDEPORT_TEST_DATA"),
            System.IO.Path.Join(root, "../shared/data"),
            System.IO.Path.Join(root, "../../shared/data"),
        ];
        var found = folders.Where(f => !string.IsNullOrEmpty(f)).Select(f => System.IO.Path.GetFullPath(System.IO.Path.Join(f, name))).FirstOrDefault(System.IO.Path.Exists);
        if (found is null) Missing.Peer($"the real slide {name}: set SLIDEPORT_TEST_DATA to the folder that has it");
        return found!;
    }
}
