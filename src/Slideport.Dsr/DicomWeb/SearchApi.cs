using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.DicomWeb;

/// <summary>QIDO-RS (PS3.18 10.6): studies and series from the catalogue; for instances the slides in question are opened.</summary>
internal static class SearchApi
{
    // Each is some reads from its store; a case has fewer.
    private const int MaxOpened = 100;

    // What PS3.18 10.6 wants, and what tells the instances of a slide apart.
    private static readonly DicomTag[] InstanceFields =
    [
        Tags.ImageType, Tags.SOPClassUID, Tags.SOPInstanceUID, Tags.InstanceNumber, Tags.NumberOfFrames, Tags.Rows, Tags.Columns, Tags.BitsAllocated, Tags.ContainerIdentifier, Tags.TotalPixelMatrixColumns, Tags.TotalPixelMatrixRows,
    ];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies", (HttpContext http, WebSlides slides) => StudiesAsync(http, slides));
        routes.MapGet("/series", (HttpContext http, WebSlides slides) => SeriesAsync(http, slides, null));
        routes.MapGet("/studies/{study}/series", (HttpContext http, string study, WebSlides slides) => SeriesAsync(http, slides, study));
        routes.MapGet("/instances", (HttpContext http, WebSlides slides) => InstancesAsync(http, slides, null, null));
        routes.MapGet("/studies/{study}/instances", (HttpContext http, string study, WebSlides slides) => InstancesAsync(http, slides, study, null));
        routes.MapGet("/studies/{study}/series/{series}/instances", (HttpContext http, string study, string series, WebSlides slides) => InstancesAsync(http, slides, study, series));
    }

    private static async Task StudiesAsync(HttpContext http, WebSlides slides)
    {
        var (type, question) = (JsonAnswer.TypeFor(http), WebQuestionReader.Read(http.Request.Query, isOfInstances: false));
        var found = await slides.Catalogue.StudiesAsync(question, http.RequestAborted);
        await AnswerAsync(http, type, question, [.. found.Select(study => Describe(new DicomDataSet(), http, study))]);
    }

    private static async Task SeriesAsync(HttpContext http, WebSlides slides, string? study)
    {
        var (type, question) = (JsonAnswer.TypeFor(http), WebQuestionReader.Read(http.Request.Query, isOfInstances: false));
        var found = await slides.Catalogue.SeriesAsync(Within(question, study, null), http.RequestAborted);
        await AnswerAsync(http, type, question, [.. found.Select(slide => Describe(study is null ? Describe(new DicomDataSet(), http, new WebStudy(slide, 0)) : new DicomDataSet(), http, slide))]);
    }

    private static async Task InstancesAsync(HttpContext http, WebSlides slides, string? study, string? series)
    {
        var (type, question) = (JsonAnswer.TypeFor(http), WebQuestionReader.Read(http.Request.Query, isOfInstances: true));
        var within = Within(question, study, series);
        if (within.Studies is null && within.Series is null)
            throw DicomWebException.TooMuch("Looking for instances among all slides would open all of them: name a study or a series.");
        var entries = await slides.Catalogue.SeriesAsync(within with { Offset = 0, Limit = MaxOpened }, http.RequestAborted);
        if (entries.Count > MaxOpened)
            throw DicomWebException.TooMuch($"The instances of more than {MaxOpened} slides are asked for: ask for those of fewer series.");
        var (skipped, written, warnings) = (0, 0, question.Warnings);
        JsonAnswer? answer = null;
        try
        {
            foreach (var entry in entries)
            {
                using var slide = await slides.OpenAsync(entry, http.RequestAborted);
                var found = await slides.Viewer.ReadingAsync(slide.Lease, () => slide.Instances.Where(i => Matches(i, question)).ToList(), http.RequestAborted);
                foreach (var instance in found)
                {
                    if (skipped++ < question.Offset || written == question.Limit)
                        continue;
                    written++;
                    answer ??= Begin(http, type, warnings);
                    Write(answer, http, question, slide, instance);
                    await answer.FlushIfMuchAsync();
                }
            }

            await EndAsync(http, answer, warnings);
        }
        finally
        {
            answer?.Dispose();
        }
    }

    private static WebQuestion Within(WebQuestion question, string? study, string? series) => question with
    {
        Studies = Narrowed(question.Studies, study),
        Series = Narrowed(question.Series, series),
        IsOfNothing = question.IsOfNothing || (study is not null && question.Studies?.Contains(study) == false) || (series is not null && question.Series?.Contains(series) == false),
    };

    private static IReadOnlyList<string>? Narrowed(IReadOnlyList<string>? asked, string? uid) => uid is null ? asked : [uid];

    private static bool Matches(WebInstance instance, WebQuestion question) =>
        question.Instances?.Contains(instance.Uid) != false
        && question.SopClasses?.Contains(Uids.VLWholeSlideMicroscopyImageStorage) != false
        && (question.InstanceNumber is null || instance.DataSet.GetInt32(Tags.InstanceNumber) == question.InstanceNumber);

    private static async Task AnswerAsync(HttpContext http, string type, WebQuestion question, IReadOnlyList<DicomDataSet> results)
    {
        List<string> warnings = [.. question.Warnings];
        if (results.Count > question.Limit)
            warnings.Add("There are additional results that can be requested.");
        if (results.Count == 0 || question.Limit == 0)
        {
            await EndAsync(http, null, warnings);
            return;
        }

        using var answer = Begin(http, type, warnings);
        foreach (var result in results.Take(question.Limit))
        {
            answer.WriterFor(null).Write(result);
            await answer.FlushIfMuchAsync();
        }

        await answer.EndAsync();
    }

    private static JsonAnswer Begin(HttpContext http, string type, IReadOnlyList<string> warnings)
    {
        Warn(http, warnings);
        return JsonAnswer.Start(http, type);
    }

    // Nothing found is no content (PS3.18 10.6).
    private static async Task EndAsync(HttpContext http, JsonAnswer? answer, IReadOnlyList<string> warnings)
    {
        if (answer is not null)
        {
            await answer.EndAsync();
            return;
        }

        Warn(http, warnings);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    internal static void Warn(HttpContext http, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
            http.Response.Headers.Append("Warning", $"299 {http.Request.Host}: \"{warning.Replace('"', '\'')}\"");
    }

    private static DicomDataSet Describe(DicomDataSet set, HttpContext http, WebStudy study)
    {
        var slide = study.Slide;
        var scanned = slide.ScanTime.UtcDateTime;
        set.Set(Tags.SpecificCharacterSet, "ISO_IR 192")
            .Set(Tags.StudyDate, scanned.ToString("yyyyMMdd", CultureInfo.InvariantCulture)).Set(Tags.StudyTime, scanned.ToString("HHmmss", CultureInfo.InvariantCulture))
            .Set(Tags.AccessionNumber, slide.Accession ?? "").Set(Tags.InstanceAvailability, "ONLINE").Set(Tags.ModalitiesInStudy, "SM").SetEmpty(Tags.ReferringPhysicianName)
            .Set(Tags.TimezoneOffsetFromUTC, "+0000").Set(Tags.RetrieveURL, WebAddresses.OfStudy(http, slide))
            .SetEmpty(Tags.PatientName).Set(Tags.PatientID, slide.PatientId ?? "").SetEmpty(Tags.PatientBirthDate).SetEmpty(Tags.PatientSex)
            .Set(Tags.StudyInstanceUID, WebUids.StudyOf(slide)).SetEmpty(Tags.StudyID);
        return study.SeriesCount > 0 ? set.Set(Tags.NumberOfStudyRelatedSeries, study.SeriesCount) : set;
    }

    private static DicomDataSet Describe(DicomDataSet set, HttpContext http, CatalogueSlide slide) => set.Set(Tags.SpecificCharacterSet, "ISO_IR 192")
        .Set(Tags.Modality, "SM").Set(Tags.RetrieveURL, WebAddresses.OfSeries(http, slide)).Set(Tags.ManufacturerModelName, slide.ScannerModel ?? "").Set(Tags.DeviceSerialNumber, slide.ScannerSerialNumber ?? "")
        .Set(Tags.StudyInstanceUID, WebUids.StudyOf(slide)).Set(Tags.SeriesInstanceUID, WebUids.SeriesOf(slide)).SetEmpty(Tags.SeriesNumber).Set(Tags.ContainerIdentifier, slide.Barcode ?? "");

    private static void Write(JsonAnswer answer, HttpContext http, WebQuestion question, WebSlide slide, WebInstance instance)
    {
        var (file, address) = (instance.DataSet, WebAddresses.OfInstance(http, slide.Entry, instance));
        var added = new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 192").Set(Tags.InstanceAvailability, "ONLINE").Set(Tags.Modality, "SM").Set(Tags.RetrieveURL, address)
            .Set(Tags.StudyInstanceUID, WebUids.StudyOf(slide.Entry)).Set(Tags.SeriesInstanceUID, WebUids.SeriesOf(slide.Entry)).Set(Tags.AvailableTransferSyntaxUID, instance.Syntax.Uid);
        var writer = answer.WriterFor(address);
        var wanted = file.Elements.Where(e => !added.Contains(e.Tag) && (question.WantsAllFields || InstanceFields.Contains(e.Tag) || question.Fields.Contains(e.Tag)));
        writer.StartItem();
        foreach (var (set, element) in added.Elements.Select(e => (Set: added, Element: e)).Concat(wanted.Select(e => (Set: file, Element: e))).OrderBy(p => p.Element.Tag))
            writer.WriteElement(set, element);
        writer.EndItem();
    }
}
