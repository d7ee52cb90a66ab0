#pragma warning disable CA1309 // It is the database that compares, byte by byte as it was set up.
using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Database;
using Slideport.Dsr.Retention;

namespace Slideport.Dsr.Catalogue;

/// <summary>What is looked for; what is not given does not count. Texts are beginnings, in capital or small letters.</summary>
internal sealed record SlideQuestion
{
    /// <summary>Most slides on a page.</summary>
    internal const int MaxTake = 500;

    public string? Barcode { get; init; }

    public string? Accession { get; init; }

    public string? Patient { get; init; }

    public string? Stain { get; init; }

    public string? Scanner { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Until { get; init; }

    public SlideFileState? State { get; init; }

    /// <summary>Whether a converter has told of it; what it has not was put there by somebody else.</summary>
    public bool? Delivered { get; init; }

    public string? Series { get; init; }

    public Guid? Collection { get; init; }

    /// <summary>Only those whose retention is over, and that may be removed.</summary>
    public bool Due { get; init; }

    public int Take { get; init; } = 50;

    /// <summary>From the page before; null: from the first.</summary>
    public string? After { get; init; }
}

/// <summary>Some of the slides that were found.</summary>
/// <param name="Slides">In their order.</param>
/// <param name="Next">To be given back for the next ones; null: there are no more.</param>
internal sealed record SlidePage(IReadOnlyList<CatalogueSlide> Slides, string? Next);

/// <summary>Finds slides: newest first, or in the order of the text that was asked for, of several the longest.</summary>
/// <param name="databases">The catalogue.</param>
/// <param name="retention">How long slides are kept.</param>
internal sealed class SlideSearch(DsrDatabases databases, RetentionTimes retention)
{
    /// <summary>A slide; null: there is none.</summary>
    internal async Task<CatalogueSlide?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!SlideId.IsMeant(id))
            return null;
        await using var database = databases.CreateDbContext();
        return await database.Slides.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, cancellationToken);
    }

    /// <summary>A page of slides.</summary>
    /// <exception cref="FormatException">The place to go on from is none of ours.</exception>
    internal async Task<SlidePage> SearchAsync(SlideQuestion question, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var slides = Filter(database, question);
        var key = KeyOf(question);
        slides = key is null ? Newest(slides, question.After) : InOrder(slides, key, question.After);
        var found = await slides.Take(question.Take + 1).ToListAsync(cancellationToken);
        if (found.Count <= question.Take)
            return new SlidePage(found, null);
        found.RemoveAt(question.Take);
        var last = found[^1];
        return new SlidePage(found, key is null ? PageMark.Of(last.ScanTime, last.Id) : PageMark.Of(key.ValueOf(last), last.Id));
    }

    /// <summary>All slides, page by page as they are asked for.</summary>
    internal async IAsyncEnumerable<CatalogueSlide> AllAsync(SlideQuestion question, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = question with { Take = SlideQuestion.MaxTake, After = null }; ;)
        {
            var page = await SearchAsync(next, cancellationToken);
            foreach (var slide in page.Slides)
                yield return slide;
            if (page.Next is null)
                yield break;
            next = next with { After = page.Next };
        }
    }

    /// <summary>Which text decides the order, with its index.</summary>
    private sealed record Key(string Beginning, Func<CatalogueSlide, string> ValueOf, KeyOrder Order);

    private enum KeyOrder
    {
        Barcode,
        Accession,
        Patient,
    }

    // Of several the longest, the first of equal ones: the fewest slides begin so, and the others are looked for among them.
    private static Key? KeyOf(SlideQuestion question) => ((Key[])
    [
        new(SearchKeys.Of(question.Barcode), s => s.BarcodeKey, KeyOrder.Barcode),
        new(SearchKeys.Of(question.Accession), s => s.AccessionKey, KeyOrder.Accession),
        new(SearchKeys.Of(question.Patient), s => s.PatientKey, KeyOrder.Patient),
    ]).Where(key => key.Beginning.Length > 0).MaxBy(key => key.Beginning.Length);

    private IQueryable<CatalogueSlide> Filter(DsrDatabase database, SlideQuestion question)
    {
        var (slides, order) = (database.Slides.AsNoTracking(), KeyOf(question)?.Order);
        if (order is not KeyOrder.Barcode && SearchKeys.Of(question.Barcode) is { Length: > 0 } barcode)
            slides = slides.Where(s => s.BarcodeKey.StartsWith(barcode));
        if (order is not KeyOrder.Accession && SearchKeys.Of(question.Accession) is { Length: > 0 } accession)
            slides = slides.Where(s => s.AccessionKey.StartsWith(accession));
        if (order is not KeyOrder.Patient && SearchKeys.Of(question.Patient) is { Length: > 0 } patient)
            slides = slides.Where(s => s.PatientKey.StartsWith(patient));
        if (SearchKeys.Of(question.Stain) is { Length: > 0 } stain)
            slides = slides.Where(s => s.StainKey == stain);
        if (question.Scanner is { Length: > 0 } scanner)
            slides = slides.Where(s => s.ScannerSerialNumber == scanner);
        if (question.From is { } from)
            slides = slides.Where(s => s.ScanTime >= from);
        if (question.Until is { } until)
            slides = slides.Where(s => s.ScanTime < until);
        if (question.State is { } state)
            slides = slides.Where(s => s.State == state);
        if (question.Delivered is { } delivered)
            slides = slides.Where(s => s.IsDelivered == delivered);
        if (question.Series is { Length: > 0 } series)
            slides = slides.Where(s => s.SeriesInstanceUid == series);
        if (question.Collection is { } collection)
            slides = slides.Where(s => database.CollectedSlides.Any(c => c.CollectionId == collection && c.SlideId == s.Id));
        return question.Due ? slides.Where(retention.Due()) : slides;
    }

    private static IQueryable<CatalogueSlide> Newest(IQueryable<CatalogueSlide> slides, string? after)
    {
        if (after is not null)
        {
            var (time, id) = PageMark.Instant(after);
            slides = slides.Where(s => s.ScanTime <= time && (s.ScanTime < time || string.Compare(s.Id, id) < 0));
        }

        return slides.OrderByDescending(s => s.ScanTime).ThenByDescending(s => s.Id);
    }

    // The beginning of a key is a range of its index. One expression for each, for no database sorts by what it is told at run time.
    private static IQueryable<CatalogueSlide> InOrder(IQueryable<CatalogueSlide> slides, Key key, string? after)
    {
        var (from, id) = after is null ? (key.Beginning, "") : PageMark.Text(after);
        var end = SearchKeys.After(key.Beginning);
        return key.Order switch
        {
            KeyOrder.Barcode => slides.Where(s => string.Compare(s.BarcodeKey, from) >= 0 && (end == null || string.Compare(s.BarcodeKey, end) < 0) && (string.Compare(s.BarcodeKey, from) > 0 || string.Compare(s.Id, id) > 0))
                .OrderBy(s => s.BarcodeKey).ThenBy(s => s.Id),
            KeyOrder.Accession => slides.Where(s => string.Compare(s.AccessionKey, from) >= 0 && (end == null || string.Compare(s.AccessionKey, end) < 0) && (string.Compare(s.AccessionKey, from) > 0 || string.Compare(s.Id, id) > 0))
                .OrderBy(s => s.AccessionKey).ThenBy(s => s.Id),
            _ => slides.Where(s => string.Compare(s.PatientKey, from) >= 0 && (end == null || string.Compare(s.PatientKey, end) < 0) && (string.Compare(s.PatientKey, from) > 0 || string.Compare(s.Id, id) > 0))
                .OrderBy(s => s.PatientKey).ThenBy(s => s.Id),
        };
    }
}
