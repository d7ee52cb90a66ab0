using Slideport.Files;

namespace Slideport.Converter.Spool;

/// <summary>A slide in the spool, as a person sees it.</summary>
/// <param name="Id">Its name in the spool.</param>
/// <param name="State">Where it is on its way: receiving, waiting, conflict, complete, converting, delivering, delivered, verified or failed.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="Revision">1, and one more for each delivery after which instances came.</param>
/// <param name="Instances">Instances in the spool.</param>
/// <param name="SeriesInstanceUid">Its series.</param>
/// <param name="NotBefore">No attempt before this time; null when nothing is held back.</param>
/// <param name="DeliveredAs">Name in the image store, reserved or published; null before.</param>
public sealed record SlideStatus(
    string Id, string State, DateTimeOffset Since, string Reason, int Revision, int Instances, string SeriesInstanceUid, DateTimeOffset? NotBefore, string? DeliveredAs)
{
    /// <summary>The further destinations it goes to.</summary>
    public IReadOnlyList<DestinationStatus> Destinations { get; init; } = [];

    /// <summary>Whether trying again means anything: it failed or waits, or a destination of it does.</summary>
    public bool CanBeRetried => State is "failed" or "waiting" || Destinations.Any(d => !d.IsSettled);
}

/// <summary>How far a slide is on its way to a further destination, as a person sees it.</summary>
/// <param name="Name">The destination.</param>
/// <param name="State">waiting, delivering, delivered, verified, failed, waived or letgo.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="NotBefore">No attempt before this time; null when nothing is held back.</param>
/// <param name="DeliveredAs">Name there, reserved or published; null before, and of a de-identified copy, whose name nobody is to see beside the slide's.</param>
public sealed record DestinationStatus(string Name, string State, DateTimeOffset Since, string Reason, DateTimeOffset? NotBefore, string? DeliveredAs)
{
    /// <summary>Whether the spool need not keep the slide for it any more.</summary>
    public bool IsSettled => State is "verified" or "waived" or "letgo";
}

/// <summary>Looking at a spool, and asking for something, from outside the converter; whether it runs or not.</summary>
public static class SpoolView
{
    private const string LetGo = "letgo";

    /// <summary>The slides in a spool, those that have been longest in their state first; purged ones are not in it any more.</summary>
    /// <param name="spoolFolder">The spool.</param>
    /// <exception cref="DirectoryNotFoundException">There is no spool.</exception>
    public static IReadOnlyList<SlideStatus> List(string spoolFolder)
    {
        var ready = Path.Join(spoolFolder, SpoolFolder.ReadyName);
        if (!Directory.Exists(ready))
            throw new DirectoryNotFoundException($"There is no spool in {Path.GetFullPath(spoolFolder)}.");
        return
        [
            .. Directory.EnumerateDirectories(ready).SelectMany(Directory.EnumerateDirectories)
                .Select(folder => (Folder: folder, Record: SlideRecord.TryRead(Path.Join(folder, SlideRecord.FileName))))
                .Where(slide => slide.Record is not null)
                .Select(slide => Status(slide.Folder, slide.Record!))
                .OrderBy(slide => slide.Since),
        ];
    }

    /// <summary>The slides that a destination was let go of, those in the spool and those purged since, the longest ago first.</summary>
    /// <param name="spoolFolder">The spool.</param>
    /// <remarks>Reads every record there is: a second for some ten thousand slides.</remarks>
    /// <exception cref="DirectoryNotFoundException">There is no spool.</exception>
    public static IReadOnlyList<SlideStatus> ListLetGo(string spoolFolder)
    {
        var purged = Path.Join(spoolFolder, SpoolFolder.DoneName);
        var done = !Directory.Exists(purged) ? [] : Directory.EnumerateFiles(purged, "*" + Receipt.Extension, SearchOption.AllDirectories)
            .Select(path => (Folder: Path.ChangeExtension(path, null), Record: SlideRecord.TryRead(path)))
            .Where(slide => slide.Record is { State: SlideState.Purged })
            .Select(slide => Status(slide.Folder, slide.Record!));
        // One that was taken back is in the spool, and its old record in done/ until it is purged again.
        return [.. List(spoolFolder).Concat(done).DistinctBy(slide => slide.Id).Where(slide => slide.Destinations.Any(d => d.State == LetGo)).OrderBy(slide => slide.Since)];
    }

    /// <summary>Asks for a slide to go to a destination after all, of which it was let go: now by the converter that runs, or by the next one that starts.</summary>
    /// <param name="spoolFolder">The spool.</param>
    /// <param name="slide">One of <see cref="ListLetGo"/>.</param>
    /// <param name="destination">One of the slide's destinations.</param>
    /// <param name="who">Who says so, for the log.</param>
    public static void RequestResend(string spoolFolder, SlideStatus slide, DestinationStatus destination, string who) =>
        Ask(SpoolRequests.ResendPathOf(spoolFolder, slide.Id, destination.Name), who);

    /// <summary>Asks for a slide to be tried again: now by the converter that runs, or by the next one that starts.</summary>
    /// <param name="spoolFolder">The spool.</param>
    /// <param name="slide">One of its slides.</param>
    public static void RequestRetry(string spoolFolder, SlideStatus slide) =>
        Ask(SpoolRequests.PathOf(spoolFolder, slide.Id), "");

    /// <summary>Says that a slide need not go to a destination: taken up as a request to try again is.</summary>
    /// <param name="spoolFolder">The spool.</param>
    /// <param name="slide">One of its slides.</param>
    /// <param name="destination">One of the slide's destinations.</param>
    /// <param name="who">Who says so, for the log.</param>
    public static void RequestWaiver(string spoolFolder, SlideStatus slide, DestinationStatus destination, string who) =>
        Ask(SpoolRequests.WaiverPathOf(spoolFolder, slide.Id, destination.Name), who);

    /// <summary>Whether such a request still waits to be taken up.</summary>
    public static bool IsWaiverRequested(string spoolFolder, SlideStatus slide, DestinationStatus destination) =>
        File.Exists(SpoolRequests.WaiverPathOf(spoolFolder, slide.Id, destination.Name));

    /// <summary>Whether a request for a slide still waits to be taken up.</summary>
    public static bool IsRequested(string spoolFolder, SlideStatus slide) => File.Exists(SpoolRequests.PathOf(spoolFolder, slide.Id));

    // A request is a file, which holds who asks.
    private static void Ask(string path, string who)
    {
        DurableFile.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.Replace(path, System.Text.Encoding.UTF8.GetBytes(who));
    }

    private static SlideStatus Status(string folder, SlideRecord record) => new(
        Path.GetFileName(folder),
        record.State.ToString().ToLowerInvariant(),
        record.Since,
        record.Reason,
        record.Revision,
        Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + Receipt.InstanceExtension).Length : 0,
        record.SeriesInstanceUid,
        record.NotBefore,
        record.Manifest?.Path)
    {
        Destinations = [.. record.Destinations.Select(d => new DestinationStatus(d.Name, d.State.ToString().ToLowerInvariant(), d.Since, d.Reason, d.NotBefore, d.Manifest is { IsPseudonymous: false } at ? at.Path : null))],
    };
}
