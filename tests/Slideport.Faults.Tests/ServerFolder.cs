using Slideport.Converter.Spool;

namespace Slideport.Faults.Tests;

/// <summary>What a <see cref="ServerProcess"/> has in its folder, as an operator would look at it.</summary>
internal static class ServerFolder
{
    /// <summary>Waits until a slide is verified, or the patience ends.</summary>
    internal static Task VerifiedAsync(string folder, TimeSpan patience) => UntilAsync(folder, IsVerified, patience);

    /// <summary>Waits until a slide is at its further destination and verified there, or the patience ends.</summary>
    internal static Task SettledAsync(string folder, TimeSpan patience) => UntilAsync(folder, f => Records(f).Any(r => r.Destinations is [{ State: DestinationState.Verified }]), patience);

    /// <summary>Waits until a slide is purged and nothing of it is left in the spool, or the patience ends.</summary>
    internal static Task PurgedAsync(string folder, TimeSpan patience) => UntilAsync(folder, f => Done(f).Length > 0 && Instances(f).Length == 0 && !Records(f).Any(), patience);

    /// <summary>The records of purged slides.</summary>
    internal static SlideRecord[] Done(string folder) => Directory.Exists(Path.Join(folder, "spool/done"))
        ? [.. Directory.EnumerateFiles(Path.Join(folder, "spool/done"), "*.json", SearchOption.AllDirectories).Select(SlideRecord.TryRead).OfType<SlideRecord>()]
        : [];

    /// <summary>The instances in the spool.</summary>
    internal static string[] Instances(string folder) =>
        Directory.Exists(Path.Join(folder, "spool/ready")) ? Directory.GetFiles(Path.Join(folder, "spool/ready"), "*.dcm", SearchOption.AllDirectories) : [];

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
