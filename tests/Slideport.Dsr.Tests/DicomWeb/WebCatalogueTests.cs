using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Slideport.Database;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.DicomWeb;
using Slideport.Sam.Tests;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>The catalogue as studies and series, on each database: what is one study, what is shown at all, pages.</summary>
public abstract class WebCatalogueTests(TestDatabase database) : IAsyncLifetime
{
    private static readonly Place Share = new("/share", Guid.Parse("8e0f4c44-5e9a-4a39-8f6b-0e4d3a6a9a01"));
    private static readonly DateTimeOffset Written = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-webcatalogue-").FullName;
    private SerialWrites<DsrDatabase> _writes = null!;
    private WebCatalogue _web = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var databases = new DsrDatabases(await database.CreateAsync(_folder));
        _writes = new SerialWrites<DsrDatabase>(databases, TimeProvider.System);
        var catalogue = new CatalogueWriter(_writes, new BarcodeReading(""));
        _web = new WebCatalogue(databases);
        var facts = new SlideFacts { Format = "Svs", Width = 100, Height = 50, ScanTime = Written };
        await catalogue.TakeFilesAsync(
        [
            (File("a1"), facts with { StudyInstanceUid = "1.1", SeriesInstanceUid = "1.1.1", Accession = "S26-1", Barcode = "S26-1;A1", PatientId = "P1" }),
            (File("a2"), facts with { StudyInstanceUid = "1.1", SeriesInstanceUid = "1.1.2", Accession = "S26-1", Barcode = "s26-1; A2", PatientId = "P1", ScanTime = Written.AddDays(1) }),
            (File("a2-copy"), facts with { StudyInstanceUid = "1.1", SeriesInstanceUid = "1.1.2", Accession = "S26-1", Barcode = "S26-1;A2", PatientId = "P1", ScanTime = Written.AddDays(1) }),
            (File("b"), facts with { StudyInstanceUid = "1.2", SeriesInstanceUid = "1.2.1", Accession = "S26-10", PatientId = "P_1" }),
            (File("nameless"), facts),
            (File("damaged"), new SlideFacts { Problem = "It is no slide." }),
        ], Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _writes.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Slides_of_one_study_are_one_study_and_copies_one_series()
    {
        var studies = await StudiesAsync("");
        var nameless = SlideId.Of(Share.StoreId, "nameless");

        Assert.Equal(new[] { ("1.1", 2), ("1.2", 1), (SlideId.UidOf(nameless) + ".1", 1) }.Order(), studies.Select(s => (WebUids.StudyOf(s.Slide), s.SeriesCount)).Order());
        Assert.Equal(new[] { "1.1.1", "1.1.2", "1.2.1", SlideId.UidOf(nameless) }.Order(), (await SeriesAsync("")).Order());
        Assert.Equal(nameless, (await _web.FindAsync(SlideId.UidOf(nameless) + ".1", SlideId.UidOf(nameless), Cancel))[0].Id);
        Assert.Equal(2, (await _web.FindAsync("1.1", null, Cancel)).Count);
    }

    [Theory]
    [InlineData("AccessionNumber=s26-1", "1.1.1 1.1.2")]
    [InlineData("AccessionNumber=S26-1*", "1.1.1 1.1.2 1.2.1")]
    [InlineData("ContainerIdentifier=S26-1;A2", "1.1.2")]
    [InlineData("PatientID=P_1", "1.2.1")]
    [InlineData("PatientID=P_*", "1.2.1")]
    [InlineData("PatientID=P*", "1.1.1 1.1.2 1.2.1")]
    [InlineData("PatientID=%25", "")]
    [InlineData("StudyDate=20260302", "1.1.2")]
    [InlineData("StudyDate=20260301&PatientID=P1", "1.1.1")]
    [InlineData("StudyInstanceUID=1.2", "1.2.1")]
    [InlineData("StudyInstanceUID=1.1,1.2&SeriesInstanceUID=1.1.2", "1.1.2")]
    [InlineData("StudyInstanceUID=1", "")]
    public async Task Series_are_found_by_what_the_catalogue_knows(string question, string found)
    {
        Assert.Equal(found.Split(' ', StringSplitOptions.RemoveEmptyEntries), (await SeriesAsync(question)).Order());
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        var (series, studies) = (new List<string>(), new List<string>());
        for (var offset = 0; offset < 4; offset++)
        {
            series.Add((await SeriesAsync($"limit=1&offset={offset}"))[0]);
            studies.AddRange((await StudiesAsync($"limit=1&offset={offset}")).Take(1).Select(s => WebUids.StudyOf(s.Slide)));
        }

        Assert.Equal(4, series.Distinct().Count());
        Assert.Equal(3, studies.Distinct().Count());
        Assert.Equal(3, studies.Count);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var damaged = SlideId.UidOf(SlideId.Of(Share.StoreId, "damaged"));

        foreach (var (study, series) in new[] { ("1.3", null), ("1.1", "1.2.1"), (damaged + ".1", damaged), ("2.25.1.1", "2.25.1") })
            Assert.Equal(404, (await Assert.ThrowsAsync<DicomWebException>(() => _web.FindAsync(study, series, Cancel))).Status);
    }

    private static FoundFile File(string name) => new(Share, name, 1000, Written);

    private Task<IReadOnlyList<WebStudy>> StudiesAsync(string question) => _web.StudiesAsync(Read(question), Cancel);

    private async Task<List<string>> SeriesAsync(string question) => [.. (await _web.SeriesAsync(Read(question), Cancel)).Select(WebUids.SeriesOf)];

    private static WebQuestion Read(string question) => WebQuestionReader.Read(new QueryCollection(QueryHelpers.ParseQuery(question)), isOfInstances: false);
}

public sealed class WebCatalogueTestsOnSqlite() : WebCatalogueTests(new OnSqlite());

public sealed class WebCatalogueTestsOnPostgreSql(PostgreSqlServer server) : WebCatalogueTests(new OnPostgreSql(server));
