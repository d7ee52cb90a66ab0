using Slideport.Converter.Spool;

namespace Slideport.Faults.Tests;

/// <summary>What a <see cref="ServerProcess"/> has in its folder, as an operator would look at it.</summary>
internal static class ServerFolder
{
    /// <summary>Waits until a slide is verified, or the patience ends.</summary>
    internal static Task VerifiedAsync(string folder, TimeSpan patience) => UntilAsync(folder, IsVerified, patience);

    /// <summary>Waits until a slide is at its further destination and verified there, or the patience ends.</summary>
    internal static Task SettledAsync(string folder, TimeSpan patience) => UntilAsync(folder, f => Records(f).Any(r => r.Destinations is [{ State: DestinationState.Verified }]), patience);

    private static async Task UntilAsync(string folder, Func<string, bool> holds, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        while (!timeout.IsCancellationRequested && !holds(folder))
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    /// <summary>The files of the image store that anybody sees.</summary>
    internal static string[] Visible(string folder, string store = "images") => Directory.Exists(Path.Join(folder, store))
        ? [.. Directory.EnumerateFiles(Path.Join(folder, store), "*", SearchOption.AllDirectories).Where(p => !Path.GetFileName(p).StartsWith('.'))]
        : [];

    private static bool IsVerified(string folder) => Records(folder).Any(r => r.State == SlideState.Verified);

    private static IEnumerable<SlideRecord> Records(string folder) => Directory.Exists(Path.Join(folder, "spool/ready"))
        ? Directory.EnumerateFiles(Path.Join(folder, "spool/ready"), SlideRecord.FileName, SearchOption.AllDirectories).Select(SlideRecord.TryRead).OfType<SlideRecord>()
        : [];
}
