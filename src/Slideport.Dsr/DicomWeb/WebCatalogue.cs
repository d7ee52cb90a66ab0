#pragma warning disable CA1309 // It is the database that compares, byte by byte as it was set up.
using Microsoft.EntityFrameworkCore;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.DicomWeb;

/// <summary>A study, told by one of its slides.</summary>
internal sealed record WebStudy(CatalogueSlide Slide, int SeriesCount);

/// <summary>The catalogue as studies and series: a slide is a series. Of several slides that have one series the first counts.</summary>
internal sealed class WebCatalogue(DsrDatabases databases)
{
    /// <summary>Most slides that one request retrieves: a study's slides are a case's.</summary>
    internal const int MaxSlides = 1000;

    /// <summary>Studies in the order of their names, one more than is asked for where there are more.</summary>
    internal async Task<IReadOnlyList<WebStudy>> StudiesAsync(WebQuestion question, CancellationToken cancellationToken)
    {
        if (question.IsOfNothing)
            return [];
        await using var database = databases.CreateDbContext();
        var found = await Match(Shown(database), question).GroupBy(s => s.StudyInstanceUid ?? s.Id).Select(g => new { Name = g.Key, First = g.Min(s => s.Id) })
            .OrderBy(g => g.Name).Skip(question.Offset).Take(question.Limit + 1).ToListAsync(cancellationToken);
        var (names, first) = (found.ConvertAll(g => g.Name), found.ConvertAll(g => g.First));
        var slides = await database.Slides.AsNoTracking().Where(s => first.Contains(s.Id)).ToDictionaryAsync(s => s.Id, StringComparer.Ordinal, cancellationToken);
        var counts = await Shown(database).Where(s => names.Contains(s.StudyInstanceUid!)).GroupBy(s => s.StudyInstanceUid!).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, StringComparer.Ordinal, cancellationToken);
        return [.. found.Where(g => slides.ContainsKey(g.First!)).Select(g => new WebStudy(slides[g.First!], counts.GetValueOrDefault(g.Name, 1)))];
    }

    /// <summary>Slides in the order of their ids, one more than is asked for where there are more.</summary>
    internal async Task<IReadOnlyList<CatalogueSlide>> SeriesAsync(WebQuestion question, CancellationToken cancellationToken)
    {
        if (question.IsOfNothing)
            return [];
        await using var database = databases.CreateDbContext();
        return await Match(Shown(database), question).OrderBy(s => s.Id).Skip(question.Offset).Take(question.Limit + 1).ToListAsync(cancellationToken);
    }

    /// <summary>The slides of a study, or the one of a series of it.</summary>
    /// <exception cref="DicomWebException">There is none, or there are too many.</exception>
    internal async Task<IReadOnlyList<CatalogueSlide>> FindAsync(string study, string? series, CancellationToken cancellationToken)
    {
        var slides = await SeriesAsync(new WebQuestion { Studies = [study], Series = series is null ? null : [series], Limit = MaxSlides }, cancellationToken);
        if (slides.Count == 0)
            throw DicomWebException.NotFound(series is null ? "There is no such study." : "There is no such series in the study.");
        return slides.Count <= MaxSlides ? slides : throw DicomWebException.TooMuch($"The study has more than {MaxSlides} slides: ask for its series one by one.");
    }

    /// <summary>The slide of a series that lies anywhere but in one folder; null: there is none that can be read.</summary>
    internal async Task<CatalogueSlide?> FindOtherAsync(string series, (string Place, string Name) than, CancellationToken cancellationToken)
    {
        var id = WebUids.SlideOfSeries(series);
        await using var database = databases.CreateDbContext();
        return await Readable(database).Where(s => s.SeriesInstanceUid == series || (s.SeriesInstanceUid == null && s.Id == id)).Where(s => s.Place != than.Place || s.Name != than.Name)
            .OrderBy(s => s.Id).FirstOrDefaultAsync(cancellationToken);
    }

    private static IQueryable<CatalogueSlide> Readable(DsrDatabase database) =>
        database.Slides.AsNoTracking().Where(s => (s.State == SlideFileState.Present || s.State == SlideFileState.Changed) && s.Format != null);

    private static IQueryable<CatalogueSlide> Shown(DsrDatabase database) => Readable(database).Where(s =>
        s.SeriesInstanceUid == null || !Readable(database).Any(other => other.SeriesInstanceUid == s.SeriesInstanceUid && string.Compare(other.Id, s.Id) < 0));

    private static IQueryable<CatalogueSlide> Match(IQueryable<CatalogueSlide> slides, WebQuestion question)
    {
        if (question.Studies is { } studies)
        {
            var ids = studies.Select(WebUids.SlideOfStudy).OfType<string>().ToList();
            slides = slides.Where(s => studies.Contains(s.StudyInstanceUid) || (s.StudyInstanceUid == null && ids.Contains(s.Id)));
        }

        if (question.Series is { } series)
        {
            var ids = series.Select(WebUids.SlideOfSeries).OfType<string>().ToList();
            slides = slides.Where(s => series.Contains(s.SeriesInstanceUid) || (s.SeriesInstanceUid == null && ids.Contains(s.Id)));
        }

        if (question.From is { } from)
            slides = slides.Where(s => s.ScanTime >= from);
        if (question.Until is { } until)
            slides = slides.Where(s => s.ScanTime < until);
        return MatchTexts(slides, question);
    }

    // As people look for slides, too: capital and small letters are the same, and spaces do not count.
    private static IQueryable<CatalogueSlide> MatchTexts(IQueryable<CatalogueSlide> slides, WebQuestion question)
    {
        if (question.Accession is { } accession)
        {
            var (key, end) = RangeOf(accession);
            slides = slides.Where(s => string.Compare(s.AccessionKey, key) >= 0 && (end == null || string.Compare(s.AccessionKey, end) < 0));
        }

        if (question.Patient is { } patient)
        {
            var (key, end) = RangeOf(patient);
            slides = slides.Where(s => string.Compare(s.PatientKey, key) >= 0 && (end == null || string.Compare(s.PatientKey, end) < 0));
        }

        if (question.Container is { } container)
        {
            var (key, end) = RangeOf(container);
            slides = slides.Where(s => string.Compare(s.BarcodeKey, key) >= 0 && (end == null || string.Compare(s.BarcodeKey, end) < 0));
        }

        return slides;
    }

    /// <summary>From which key on, and before which: what is right behind a text is that text and the least character.</summary>
    private static (string Key, string? End) RangeOf(TextMatch match) => SearchKeys.Of(match.Text) is var key && match.IsBeginning ? (key, SearchKeys.After(key)) : (key, key + '\u0001');
}
