namespace Slideport.Faults.Tests;

/// <summary>What a <see cref="ServerProcess"/> has in its folder, as an operator would look at it.</summary>
internal static class ServerFolder
{
    /// <summary>Waits until a slide is verified, or the patience ends.</summary>
    internal static async Task VerifiedAsync(string folder, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        while (!timeout.IsCancellationRequested && !IsVerified(folder))
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    /// <summary>The files of the image store that anybody sees.</summary>
    internal static string[] Visible(string folder) => Directory.Exists(Path.Join(folder, "images"))
        ? [.. Directory.EnumerateFiles(Path.Join(folder, "images"), "*", SearchOption.AllDirectories).Where(p => !Path.GetFileName(p).StartsWith('.'))]
        : [];

    private static bool IsVerified(string folder) =>
        Directory.Exists(Path.Join(folder, "spool/ready"))
        && Directory.EnumerateFiles(Path.Join(folder, "spool/ready"), "slide.json", SearchOption.AllDirectories)
            .Any(p => File.ReadAllText(p).Contains("\"state\": \"verified\",\n  \"since\"", StringComparison.OrdinalIgnoreCase));
}
