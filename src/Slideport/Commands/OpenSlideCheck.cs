using System.ComponentModel;
using System.Diagnostics;

namespace Slideport.Commands;

/// <summary>Lets OpenSlide, if it is installed, say what it sees in a slide: a reader that shares no code with us.</summary>
internal static class OpenSlideCheck
{
    private static readonly string[] Shown = ["openslide.vendor", "openslide.level-count", "openslide.mpp-x", "openslide.objective-power"];

    public static async Task ShowAsync(string path, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("openslide-show-properties") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(path);
        try
        {
            using var openslide = Process.Start(start)!;
            var output = await openslide.StandardOutput.ReadToEndAsync(cancellationToken);
            await openslide.WaitForExitAsync(cancellationToken);
            var seen = output.Split('\n').Where(line => Shown.Any(line.StartsWith)).Select(line => line.Replace("openslide.", "", StringComparison.Ordinal));
            Console.WriteLine(openslide.ExitCode == 0 ? $"OpenSlide opens it: {string.Join(", ", seen)}." : "OpenSlide does not open it.");
        }
        catch (Win32Exception)
        {
            Console.WriteLine("OpenSlide is not installed here (Debian: openslide-tools); its opinion is left out.");
        }
    }
}
