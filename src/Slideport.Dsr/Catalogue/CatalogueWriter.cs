using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Dsr.Database;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Slides;

namespace Slideport.Dsr.Catalogue;

/// <summary>
/// Brings together what three tell of a slide, in whichever order they come: its files, the converter that delivered them, the scanner that made the
/// image. Each may be told again.
/// </summary>
internal sealed class CatalogueWriter(SerialWrites<DsrDatabase> writes, BarcodeReading barcodes)
{
    /// <summary>Under which it is kept how far SAM's word was followed.</summary>
    internal const string FeedMark = "sam.slides";

    /// <summary>What is said of a slide that is missing.</summary>
    internal const string Gone = "Its files are not where they were.";

    private const int MaxProblem = 1000;
    private const int MaxMatched = 1000;

    /// <summary>Takes what a scanner has told of images (flow F8). Returns when it is durable.</summary>
    /// <returns>For each whether it was not known before.</returns>
    internal Task<bool[]> TakeImagesAsync(IReadOnlyList<ToldMessage> messages, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        var subjects = messages.Select(m => m.Subject).ToHashSet(StringComparer.Ordinal);
        var known = await database.Images.Where(i => subjects.Contains(i.Subject)).Select(i => i.Subject).ToHashSetAsync(StringComparer.Ordinal, cancellationToken);
        var (isNew, told) = (new bool[messages.Count], new List<ToldImage>());
        for (var i = 0; i < messages.Count; i++)
        {
            if (isNew[i] = known.Add(messages[i].Subject))
                told.Add(messages[i].ToRow(now));
        }

        database.Images.AddRange(told);
        var series = told.Select(t => t.SeriesInstanceUid).ToHashSet(StringComparer.Ordinal);
        var slides = await database.Slides.Where(s => s.SeriesInstanceUid != null && series.Contains(s.SeriesInstanceUid)).ToListAsync(cancellationToken);
        foreach (var slide in slides)
            Match(slide, [.. told.Where(t => t.SeriesInstanceUid == slide.SeriesInstanceUid)]);
        return isNew;
    }, cancellationToken);

    /// <summary>How far SAM's word of slides was followed.</summary>
    internal Task<long> FollowedAsync(CancellationToken cancellationToken) => writes.WriteAsync(
        async (database, _) => await database.Marks.FindAsync([FeedMark], cancellationToken) is { } mark ? long.Parse(mark.Value, CultureInfo.InvariantCulture) : 0L, cancellationToken);

    /// <summary>Takes SAM's word of slides: those on their way, and those delivered.</summary>
    /// <param name="feed">What SAM has answered.</param>
    /// <param name="after">What it was asked with: who has been told to begin anew meanwhile does so.</param>
    /// <param name="placeOf">The image file system that a converter's location is here; null: none of the catalogue's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was delivered and is not in the catalogue, or not as it was delivered: to be looked at.</returns>
    internal Task<IReadOnlyList<DeliveredFile>> TakeFeedAsync(SlideFeed feed, long after, Func<string?, Place?> placeOf, CancellationToken cancellationToken) => writes.WriteAsync<IReadOnlyList<DeliveredFile>>(async (database, now) =>
    {
        var names = feed.Slides.Select(s => s.Slide.Slide).ToHashSet(StringComparer.Ordinal);
        var arriving = (await database.Arrivals.Where(a => names.Contains(a.Name)).ToListAsync(cancellationToken)).ToDictionary(a => (a.Converter, a.Name));
        var delivered = new List<DeliveredFile>();
        foreach (var (converter, report) in feed.Slides)
        {
            Arrive(database, arriving, converter, report);
            if (IsDelivered(report.Stage) && report.Path is { } path && placeOf(report.Location) is { } place)
                delivered.Add(new DeliveredFile(place, path, report));
        }

        var look = await DeliverAsync(database, delivered, now, cancellationToken);
        var (mark, next) = (await database.Marks.FindAsync([FeedMark], cancellationToken), feed.Next.ToString(CultureInfo.InvariantCulture));
        if (mark is null && after == 0)
            database.Marks.Add(new Mark { Name = FeedMark, Value = next });
        else if (mark?.Value == after.ToString(CultureInfo.InvariantCulture))
            mark.Value = next;
        return look;
    }, cancellationToken);

    /// <summary>Takes what files were found to be.</summary>
    internal Task<bool> TakeFilesAsync(IReadOnlyList<(FoundFile File, SlideFacts Facts)> found, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        var ids = found.Select(f => f.File.Id).ToHashSet(StringComparer.Ordinal);
        var slides = await database.Slides.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellationToken);
        foreach (var (file, facts) in found)
        {
            if (!slides.TryGetValue(file.Id, out var slide))
                slides[file.Id] = slide = database.Slides.Add(New(file.Id, file.Place, file.Name, now)).Entity;
            Find(slide, file, facts);
        }

        await MatchAsync(database, slides.Values, cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>Notes that nothing lies where slides should; their image file system has been made sure of.</summary>
    internal Task<int> MissAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) => writes.WriteAsync(async (database, _) =>
    {
        var slides = await database.Slides.Where(s => ids.Contains(s.Id) && s.State != SlideFileState.Missing && s.State != SlideFileState.Removing && s.State != SlideFileState.Removed).ToListAsync(cancellationToken);
        foreach (var slide in slides)
            Change(slide, SlideFileState.Missing, Gone);
        return slides.Count;
    }, cancellationToken);

    /// <summary>Brings images together with slides that came from elsewhere at the same moment.</summary>
    internal Task<int> MatchAwaitedAsync(CancellationToken cancellationToken) => writes.WriteAsync(async (database, _) =>
    {
        var slides = await database.Slides.Where(s => s.SeriesInstanceUid != null && database.Images.Any(i => i.SlideId == null && i.SeriesInstanceUid == s.SeriesInstanceUid)).Take(MaxMatched).ToListAsync(cancellationToken);
        await MatchAsync(database, slides, cancellationToken);
        return slides.Count;
    }, cancellationToken);

    /// <summary>Notes what reading all of a slide has found.</summary>
    /// <param name="before">The slide as it was when reading began.</param>
    /// <param name="read">What was read; null: its files are not there, and their image file system is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it is as it should be.</returns>
    internal Task<bool> TakeScrubAsync(CatalogueSlide before, (string Sha256, long Bytes)? read, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([before.Id], cancellationToken) is not { } slide)
            return false;
        if (IsRemoved(slide))
            return true;
        slide.ScrubTriedAt = now;
        // Somebody has looked at it meanwhile: what was read may be of neither.
        if (slide.LastWrite != before.LastWrite || slide.Sha256 != before.Sha256)
            return true;
        slide.ScrubbedAt = now;
        if (read is not { } found)
            return Change(slide, SlideFileState.Missing, Gone);
        if (slide.Sha256 is null && slide.State == SlideFileState.Present && found.Bytes == slide.Bytes)
            slide.Sha256 = found.Sha256;
        if (slide.Sha256 is null)
            return true; // still being written, or no slide
        if (slide.Sha256 != found.Sha256)
            return Change(slide, SlideFileState.Changed, $"Its bytes are not those that were delivered or first seen: their SHA-256 is {found.Sha256}, not {slide.Sha256}. Restore it from a backup.");
        slide.Bytes = found.Bytes;
        if (slide.State is SlideFileState.Changed or SlideFileState.Missing)
            Change(slide, SlideFileState.Present, null);
        return true;
    }, cancellationToken);

    /// <summary>Notes that a slide could not be read as a whole although its image file system is there.</summary>
    internal Task<bool> TakeFailedScrubAsync(string id, string reason, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Slides.FindAsync([id], cancellationToken) is not { } slide || IsRemoved(slide))
            return false;
        slide.ScrubTriedAt = now;
        return Change(slide, SlideFileState.Unreadable, Locations.SlideLook.Fit($"It cannot be read as a whole: {reason}", MaxProblem));
    }, cancellationToken);

    /// <summary>Notes that it was tried in vain to read a slide, for its image file system is away: as if it had been tried then.</summary>
    internal Task<int> PutOffScrubAsync(string id, DateTimeOffset then, CancellationToken cancellationToken) => writes.WriteAsync(
        (database, _) => database.Slides.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.ScrubTriedAt, then), cancellationToken), cancellationToken);

    private static bool Change(CatalogueSlide slide, SlideFileState state, string? problem)
    {
        (slide.State, slide.Problem) = (state, problem);
        slide.Changes++;
        return state == SlideFileState.Present;
    }

    // What is removed, or about to be, is so whatever was seen before.
    private static bool IsRemoved(CatalogueSlide slide) => slide.State is SlideFileState.Removing or SlideFileState.Removed;

    // Something lies under its name again, which is another slide.
    private static void BeginAnew(CatalogueSlide slide)
    {
        slide.Return(SlideFileState.Missing, Gone);
        (slide.Sha256, slide.IsDelivered) = (null, false);
    }

    private static bool IsDelivered(SlideStage stage) => stage is SlideStage.Delivered or SlideStage.Verified or SlideStage.Purged;

    private static void Arrive(DsrDatabase database, Dictionary<(string Converter, string Name), ArrivingSlide> arriving, string converter, SlideReport report)
    {
        var isKnown = arriving.TryGetValue((converter, report.Slide), out var arrival);
        if (IsDelivered(report.Stage))
        {
            if (isKnown)
                database.Arrivals.Remove(arrival!);
            arriving.Remove((converter, report.Slide));
            return;
        }

        if (!isKnown)
        {
            arrival = new ArrivingSlide { Converter = converter, Name = report.Slide, SeriesInstanceUid = report.SeriesInstanceUid, Stage = "", Reason = "", ReceivedAt = report.ReceivedAt };
            arriving.Add((converter, report.Slide), arrival);
            database.Arrivals.Add(arrival);
        }

        (arrival!.Stage, arrival.Reason, arrival.Instances, arrival.Since) = (report.Stage.ToString(), report.Reason, report.Instances, report.Since);
        (arrival.SeriesInstanceUid, arrival.SerialNumber) = (report.SeriesInstanceUid, report.SerialNumber);
    }

    // What was delivered is in the catalogue at once, found or not: what is missing is missed.
    private async Task<List<DeliveredFile>> DeliverAsync(DsrDatabase database, List<DeliveredFile> delivered, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ids = delivered.Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
        var slides = await database.Slides.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellationToken);
        var look = new List<DeliveredFile>();
        foreach (var file in delivered)
        {
            var report = file.Report;
            if (!slides.TryGetValue(file.Id, out var slide))
            {
                slides[file.Id] = slide = database.Slides.Add(New(file.Id, file.Place, file.Name, now)).Entity;
                (slide.State, slide.Problem, slide.ScanTime) = (SlideFileState.Missing, "It was delivered, and was not looked at yet.", report.Since);
                slide.Bytes = report.Bytes ?? 0;
            }

            var told = report.Sha256?.ToLowerInvariant();
            slide.Place = file.Place.Location;
            if (IsRemoved(slide) && (slide.State == SlideFileState.Removing || slide.Sha256 == told))
                continue;
            if (IsRemoved(slide))
                BeginAnew(slide);
            if (slide.IsDelivered && slide.Sha256 == told && slide.State == SlideFileState.Present)
                continue;
            slide.IsDelivered = true;
            slide.Changes++;
            if (slide.State == SlideFileState.Present && report.Bytes is { } bytes && bytes != slide.Bytes)
                Change(slide, SlideFileState.Changed, Differs(slide.Bytes, bytes));
            slide.Bytes = report.Bytes ?? slide.Bytes;
            if (told is not null && told != slide.Sha256)
                (slide.Sha256, slide.ScrubbedAt, slide.ScrubTriedAt) = (told, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
            slide.SeriesInstanceUid ??= report.SeriesInstanceUid;
            slide.ScannerSerialNumber ??= report.SerialNumber;
            if (slide.State != SlideFileState.Present)
                look.Add(file);
        }

        await MatchAsync(database, slides.Values, cancellationToken);
        return look;
    }

    private static CatalogueSlide New(string id, Place place, string name, DateTimeOffset now) => new() { Id = id, Place = place.Location, Name = name, CataloguedAt = now, ScanTime = now };

    private static void Find(CatalogueSlide slide, FoundFile file, SlideFacts facts)
    {
        if (slide.State == SlideFileState.Removing)
            return;
        if (slide.State == SlideFileState.Removed)
            BeginAnew(slide);
        // What a converter has delivered is never written again: whatever is other than it was, somebody else has done. What it was stays known, until
        // reading it as a whole finds it again. What others have put there they may also change.
        var isTouched = slide.State == SlideFileState.Missing || slide.LastWrite != file.LastWrite;
        if (!slide.IsDelivered && slide.Bytes != file.Bytes)
            slide.Sha256 = null;
        var isOther = slide.Sha256 is not null && slide.Bytes != file.Bytes;
        var isDoubted = slide is { State: SlideFileState.Changed, Sha256: not null };
        (slide.Place, slide.LastWrite) = (file.Place.Location, file.LastWrite);
        if (isTouched || isDoubted)
            (slide.ScrubbedAt, slide.ScrubTriedAt) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        facts.Apply(slide);
        if (slide.Sha256 is null)
            slide.Bytes = file.Bytes;
        if (facts.Problem is not null)
        {
            slide.ScanTime = slide.Format is null ? file.LastWrite : slide.ScanTime;
            Change(slide, SlideFileState.Unreadable, facts.Problem);
        }
        else if (isOther)
        {
            Change(slide, SlideFileState.Changed, Differs(file.Bytes, slide.Bytes));
        }
        else if (!isDoubted)
        {
            Change(slide, SlideFileState.Present, null);
        }
    }

    private static string Differs(long found, long known) => FormattableString.Invariant($"Its files have {found} bytes, and not the {known} that were delivered or first seen. Restore it from a backup.");

    private async Task MatchAsync(DsrDatabase database, IEnumerable<CatalogueSlide> slides, CancellationToken cancellationToken)
    {
        var bySeries = slides.Where(s => s.SeriesInstanceUid is not null).ToLookup(s => s.SeriesInstanceUid!, StringComparer.Ordinal);
        var series = bySeries.Select(s => s.Key).ToList();
        var told = await database.Images.Where(i => series.Contains(i.SeriesInstanceUid)).OrderBy(i => i.ReceivedAt).ThenBy(i => i.Subject).ToListAsync(cancellationToken);
        foreach (var slide in bySeries.SelectMany(s => s))
            Match(slide, [.. told.Where(t => t.SeriesInstanceUid == slide.SeriesInstanceUid)]);
        foreach (var slide in slides)
            Finish(slide);
    }

    private void Finish(CatalogueSlide slide)
    {
        slide.Changes++;
        slide.Accession ??= barcodes.Accession(slide.Barcode);
        slide.Stain ??= barcodes.Stain(slide.Barcode);
        SearchKeys.Apply(slide);
    }

    // What the scanner read from the label counts more than what is in the file, which may have been left out there.
    private void Match(CatalogueSlide slide, IReadOnlyList<ToldImage> told)
    {
        if (told is not [.., var image])
            return;
        foreach (var each in told)
            each.SlideId = slide.Id;
        var metadata = JsonSerializer.Deserialize<ImageMetadata>(image.Metadata, ProtocolJson.Options)!;
        // What was read out of another barcode goes with it.
        if (slide.Accession == barcodes.Accession(slide.Barcode))
            slide.Accession = null;
        if (slide.Stain == barcodes.Stain(slide.Barcode))
            slide.Stain = null;
        (slide.Barcode, slide.ScanTime) = (metadata.Barcode ?? slide.Barcode, metadata.ScanTime);
        (slide.ImageId, slide.ScannerSerialNumber) = (metadata.ImageId, image.Subject[..image.Subject.LastIndexOf('/')]);
        slide.StudyInstanceUid ??= metadata.StudyInstanceUid.Length > 0 ? metadata.StudyInstanceUid : null;
        (slide.MicronsPerPixel, slide.ObjectivePower) = (slide.MicronsPerPixel ?? metadata.MicronsPerPixel, slide.ObjectivePower ?? metadata.ObjectivePower);
        Finish(slide);
    }
}

/// <summary>A file that a converter has delivered.</summary>
/// <param name="Place">The image file system.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Report">The converter's word.</param>
internal sealed record DeliveredFile(Place Place, string Name, SlideReport Report)
{
    internal string Id => SlideId.Of(Place.StoreId, Name);
}

/// <summary>An image's metadata as SAM sends it.</summary>
/// <param name="Subject">The scanner's serial number, a slash, its id of the image.</param>
/// <param name="Key">SAM's key for the message.</param>
/// <param name="Metadata">What the scanner told.</param>
internal sealed record ToldMessage(string Subject, Guid Key, ImageMetadata Metadata)
{
    internal ToldImage ToRow(DateTimeOffset now) => new()
    {
        Subject = Subject,
        IdempotencyKey = Key,
        SeriesInstanceUid = Metadata.SeriesInstanceUid,
        Barcode = Metadata.Barcode,
        ScanTime = Metadata.ScanTime,
        ReceivedAt = now,
        Metadata = JsonSerializer.Serialize(Metadata, ProtocolJson.Options),
    };
}
