using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Slideport.Database;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.Dsr.Retention;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Slides;
using Slideport.Sam.Tests;

namespace Slideport.Dsr.Tests.Catalogue;

/// <summary>What three tell of a slide comes together, in whichever order it comes, and is found again.</summary>
public abstract class CatalogueTests(TestDatabase database) : IAsyncLifetime
{
    private const string Series = "1.2.3.4";
    private static readonly Place Archive = new("/archive", Guid.Parse("8e0f4c44-5e9a-4a39-8f6b-0e4d3a6a9a02"));
    private static readonly Place Share = new("/share", Guid.Parse("8e0f4c44-5e9a-4a39-8f6b-0e4d3a6a9a01"));
    private static readonly DateTimeOffset Written = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-catalogue-").FullName;
    private readonly FakeTimeProvider _clock = new(Written);
    private DsrDatabases _databases = null!;
    private SerialWrites<DsrDatabase> _writes = null!;
    private CatalogueWriter _catalogue = null!;
    private SlideSearch _search = null!;
    private ImageLocations _locations = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _databases = new DsrDatabases(await database.CreateAsync(_folder));
        _writes = new SerialWrites<DsrDatabase>(_databases, TimeProvider.System);
        _catalogue = new CatalogueWriter(_writes, new BarcodeReading(""));
        var options = new DsrOptions { Locations = [Share.Location, Archive.Location], Retention = TimeSpan.FromDays(100), Retentions = [new() { Location = Archive.Location, Time = TimeSpan.FromDays(200) }] };
        _search = new SlideSearch(_databases, new RetentionTimes(options, _locations = new ImageLocations(options, _writes, _clock), _clock));
    }

    public ValueTask DisposeAsync()
    {
        _locations.Dispose();
        _writes.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string> Orders => ["fdt", "ftd", "dft", "dtf", "tfd", "tdf"];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task In_whichever_order_a_slide_s_file_its_delivery_and_its_image_are_told_it_is_the_same_slide(string order)
    {
        foreach (var (what, again) in order.Zip([1, 2, 1]))
        {
            for (var i = 0; i < again; i++)
            {
                Task told = what switch
                {
                    'f' => FindAsync("A/slide.svs", 1000, new SlideFacts { Format = "Svs", Width = 100, Height = 50, Barcode = "from the file", ScanTime = Written }),
                    'd' => DeliverAsync("A/slide.svs", SlideStage.Verified, 1000),
                    _ => TellAsync("SS1/7", Image("S26-1;A1", Series)),
                };
                await told;
            }
        }

        // Only what lies there and has been looked at is present; what was delivered last is looked at after it.
        if (order.EndsWith('d') || order.IndexOf('f', StringComparison.Ordinal) < order.IndexOf('d', StringComparison.Ordinal))
            await FindAsync("A/slide.svs", 1000, new SlideFacts { Format = "Svs", Width = 100, Height = 50, Barcode = "from the file", ScanTime = Written });
        var slide = Assert.Single((await _search.SearchAsync(new SlideQuestion(), Cancel)).Slides);

        Assert.Equal((SlideFileState.Present, null, true, 1000L), (slide.State, slide.Problem, slide.IsDelivered, slide.Bytes));
        Assert.Equal(("S26-1;A1", "S26-1", "SS1", "7", Series), (slide.Barcode, slide.Accession, slide.ScannerSerialNumber, slide.ImageId, slide.SeriesInstanceUid));
        Assert.Equal((100, 50), (slide.Width, slide.Height));
        await using var look = _databases.CreateDbContext();
        Assert.Equal(slide.Id, (await look.Images.SingleAsync(Cancel)).SlideId);
    }

    [Fact]
    public async Task A_slide_on_its_way_is_arriving_until_it_is_delivered()
    {
        await DeliverAsync(null, SlideStage.Receiving, null);
        await using (var look = _databases.CreateDbContext())
            Assert.Equal("Receiving", (await look.Arrivals.SingleAsync(Cancel)).Stage);

        await DeliverAsync("A/slide.svs", SlideStage.Delivered, 1000);
        await using (var look = _databases.CreateDbContext())
            Assert.Empty(await look.Arrivals.ToListAsync(Cancel));
        Assert.Equal(42, await _catalogue.FollowedAsync(Cancel));
    }

    [Fact]
    public async Task What_was_delivered_and_has_another_size_is_changed_and_good_again_when_reading_it_finds_what_was_delivered()
    {
        await DeliverAsync("A/slide.svs", SlideStage.Verified, 1000);
        await FindAsync("A/slide.svs", 999, new SlideFacts { Format = "Svs" });
        var slide = Assert.Single((await _search.SearchAsync(new SlideQuestion { State = SlideFileState.Changed }, Cancel)).Slides);
        Assert.Contains("999", slide.Problem, StringComparison.Ordinal);

        await FindAsync("A/slide.svs", 1000, new SlideFacts { Format = "Svs" });
        Assert.Equal(SlideFileState.Changed, (await _search.FindAsync(slide.Id, Cancel))!.State);
        Assert.True(await _catalogue.TakeScrubAsync((await _search.FindAsync(slide.Id, Cancel))!, (Hash, 1000), Cancel));
        Assert.Equal((SlideFileState.Present, null), (await _search.FindAsync(slide.Id, Cancel)) is { } good ? (good.State, good.Problem) : default);
    }

    [Fact]
    public async Task What_reading_finds_to_be_other_bytes_is_changed_and_what_it_does_not_find_is_missing()
    {
        await FindAsync("a.svs", 10, new SlideFacts { Format = "Svs" });
        await FindAsync("b.svs", 10, new SlideFacts { Format = "Svs" });
        var (a, b) = (SlideId.Of(Share.StoreId, "a.svs"), SlideId.Of(Share.StoreId, "b.svs"));

        Assert.True(await ScrubAsync(a, (Hash, 10)));
        Assert.False(await ScrubAsync(a, (new string('0', 64), 10)));
        Assert.False(await ScrubAsync(b, null));

        Assert.Equal((SlideFileState.Changed, SlideFileState.Missing), ((await _search.FindAsync(a, Cancel))!.State, (await _search.FindAsync(b, Cancel))!.State));
    }

    [Fact]
    public async Task Slides_are_due_when_the_time_of_their_place_is_over_since_scan_and_writing_and_nobody_holds_them()
    {
        async Task PutAsync(Place place, string name, int scanned, int written, string? problem = null) => await _catalogue.TakeFilesAsync(
            [(new FoundFile(place, name, 10, Written.AddDays(written)), new SlideFacts { Format = "Svs", ScanTime = Written.AddDays(scanned), Barcode = name, Problem = problem })], Cancel);
        await PutAsync(Share, "s1", 0, 0);
        await PutAsync(Share, "s2", 0, 20); // copied later
        await PutAsync(Share, "s3", 20, 0); // a clock that was wrong
        await PutAsync(Share, "s4", 0, 0);
        await PutAsync(Share, "s5", 0, 0, "It ends early.");
        await PutAsync(Archive, "a1", 0, 0);
        await PutAsync(new Place("/gone", Guid.Empty), "g1", 0, 0);
        Assert.Equal(HoldOutcome.Done, await new LegalHolds(_writes).HoldAsync(SlideId.Of(Share.StoreId, "s4"), "A court.", ("user:a", ""), Cancel));

        async Task<string> DueAsync(SlideQuestion question) => string.Join(' ', (await _search.SearchAsync(question with { Due = true }, Cancel)).Slides.Select(s => s.Name).Order(StringComparer.Ordinal));
        _clock.Advance(TimeSpan.FromDays(99));
        Assert.Equal("", await DueAsync(new SlideQuestion()));
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("s1", await DueAsync(new SlideQuestion()));
        _clock.Advance(TimeSpan.FromDays(20));
        Assert.Equal("s1 s2 s3", await DueAsync(new SlideQuestion()));
        Assert.Equal("s2", await DueAsync(new SlideQuestion { Barcode = "s2" }));
        _clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal("a1 s1 s2 s3", await DueAsync(new SlideQuestion()));
    }

    [Fact]
    public async Task Few_slides_are_counted_whenever_somebody_asks_and_many_not_before_their_count_is_old()
    {
        var (clock, holds) = (new FakeTimeProvider(), TimeSpan.FromSeconds(10));
        using var counts = new SlideCounts(_databases, clock, many: 2);
        Assert.Empty(await counts.CountAsync(holds, Cancel));
        await FindAsync("a.svs", 10, new SlideFacts { Format = "Svs" });
        Assert.Equal([new SlideCount(SlideFileState.Present, false, 1)], await counts.CountAsync(holds, Cancel));
        await FindAsync("b.svs", 10, new SlideFacts { Format = "Svs" });
        Assert.Equal(2, (await counts.CountAsync(holds, Cancel)).Single().Count);

        await FindAsync("c.svs", 10, new SlideFacts { Format = "Svs" });
        Assert.Equal(2, (await counts.CountAsync(holds, Cancel)).Single().Count);
        clock.Advance(holds);
        Assert.Equal(3, (await counts.CountAsync(holds, Cancel)).Single().Count);
    }

    [Fact]
    public async Task What_others_have_put_there_they_may_change_and_what_is_half_copied_is_good_when_it_is_whole()
    {
        await FindAsync("copy.svs", 500, new SlideFacts { Problem = "It ends early." });
        var id = SlideId.Of(Share.StoreId, "copy.svs");
        Assert.True(await ScrubAsync(id, (new string('0', 64), 500)));
        await FindAsync("copy.svs", 1000, new SlideFacts { Format = "Svs" }, Written.AddMinutes(1));
        Assert.Equal((SlideFileState.Present, 1000L, null), await StateAsync(id));

        Assert.True(await ScrubAsync(id, (Hash, 1000)));
        await FindAsync("copy.svs", 1200, new SlideFacts { Format = "Svs" }, Written.AddMinutes(2));
        Assert.Equal((SlideFileState.Present, 1200L, null), await StateAsync(id));
        // And is read again soon, for nobody knows its hash.
        Assert.Equal(DateTimeOffset.UnixEpoch, (await _search.FindAsync(id, Cancel))!.ScrubTriedAt);
    }

    [Fact]
    public async Task A_delivery_told_after_a_damaged_file_was_found_is_what_a_restored_one_is_compared_with()
    {
        await FindAsync("A/slide.svs", 999, new SlideFacts { Format = "Svs" });
        await DeliverAsync("A/slide.svs", SlideStage.Verified, 1000);
        var id = SlideId.Of(Share.StoreId, "A/slide.svs");
        Assert.Equal((SlideFileState.Changed, 1000L, Hash), await StateAsync(id));

        await FindAsync("A/slide.svs", 1000, new SlideFacts { Format = "Svs" }, Written.AddMinutes(1));
        Assert.True(await ScrubAsync(id, (Hash, 1000)));
        await FindAsync("A/slide.svs", 1000, new SlideFacts { Format = "Svs" }, Written.AddMinutes(2));
        Assert.Equal((SlideFileState.Present, 1000L, Hash), await StateAsync(id));
    }

    [Fact]
    public async Task What_was_read_while_the_file_was_changed_says_nothing_of_it()
    {
        await FindAsync("a.svs", 10, new SlideFacts { Format = "Svs" });
        var before = (await _search.FindAsync(SlideId.Of(Share.StoreId, "a.svs"), Cancel))!;
        await FindAsync("a.svs", 20, new SlideFacts { Format = "Svs" }, Written.AddMinutes(1));

        Assert.True(await _catalogue.TakeScrubAsync(before, (Hash, 10), Cancel));

        Assert.Equal((SlideFileState.Present, 20L, null), await StateAsync(before.Id));
    }

    [Fact]
    public async Task Two_images_of_one_series_are_both_its_slide_s_and_the_later_counts()
    {
        await TellAsync("SS1/7", Image("S26-1", Series));
        await TellAsync("SS1/8", Image("S26-2", Series) with { ImageId = "8" });
        await DeliverAsync("A/slide.svs", SlideStage.Verified, 1000);

        Assert.Equal("S26-2", Assert.Single((await _search.SearchAsync(new SlideQuestion(), Cancel)).Slides).Barcode);
        await using var look = _databases.CreateDbContext();
        Assert.Equal(2, await look.Images.CountAsync(i => i.SlideId != null, Cancel));
    }

    [Fact]
    public async Task An_image_and_a_slide_that_two_took_at_once_come_together_afterwards()
    {
        await FindAsync("a.svs", 10, new SlideFacts { Format = "Svs", SeriesInstanceUid = Series });
        await _writes.WriteAsync((database, now) =>
        {
            database.Images.Add(new ToldMessage("SS1/7", Guid.NewGuid(), Image("S26-5;A", Series)).ToRow(now));
            return Task.FromResult(true);
        }, Cancel);

        Assert.Equal(1, await _catalogue.MatchAwaitedAsync(Cancel));

        Assert.Equal("S26-5", Assert.Single((await _search.SearchAsync(new SlideQuestion { Barcode = "S26-5" }, Cancel)).Slides).Accession);
        Assert.Equal(0, await _catalogue.MatchAwaitedAsync(Cancel));
    }

    [Fact]
    public async Task Slides_are_found_by_the_beginning_of_a_text_page_by_page_each_once()
    {
        for (var i = 0; i < 25; i++)
            await FindAsync(Name(i), 10, new SlideFacts { Format = "Svs", Barcode = Barcode(i), PatientId = $"P{i % 3}", Stain = i % 2 == 0 ? "H&E" : "Ki-67", ScannerSerialNumber = "SS1", ScanTime = Written.AddMinutes(i) });

        await AssertPagesAsync(new SlideQuestion { Barcode = "s26-1" }, Enumerable.Range(0, 25).Where(i => Barcode(i).StartsWith("S26-1", StringComparison.Ordinal)).OrderBy(Barcode, StringComparer.Ordinal));
        await AssertPagesAsync(new SlideQuestion { Accession = "S26-2" }, Enumerable.Range(0, 25).Where(i => Barcode(i).StartsWith("S26-2", StringComparison.Ordinal)), isOrdered: false);
        await AssertPagesAsync(new SlideQuestion { Patient = "p1" }, Enumerable.Range(0, 25).Where(i => i % 3 == 1), isOrdered: false);
        await AssertPagesAsync(new SlideQuestion(), Enumerable.Range(0, 25).Reverse());
        await AssertPagesAsync(new SlideQuestion { Stain = "h&e", Scanner = "SS1", From = Written.AddMinutes(4), Until = Written.AddMinutes(20) }, Enumerable.Range(0, 25).Where(i => i % 2 == 0 && i is >= 4 and < 20).Reverse());
        await AssertPagesAsync(new SlideQuestion { Barcode = "S26-1", Stain = "Ki-67", Patient = "P1", Accession = "S26-1" }, Enumerable.Range(0, 25).Where(i => Barcode(i).StartsWith("S26-1", StringComparison.Ordinal) && i % 2 == 1 && i % 3 == 1), isOrdered: false);
        await AssertPagesAsync(new SlideQuestion { Barcode = "%" }, []);
        await AssertPagesAsync(new SlideQuestion { Delivered = true }, []);
    }

    [Fact]
    public async Task The_beginning_of_a_text_is_taken_letter_by_letter_in_every_language()
    {
        string[] barcodes = ["Ä1", "Ä2", "Z1", "a1", "A2", "ß1", "日本1", "日本2", "A%", "A_", "A\uFFFF"];
        foreach (var (i, barcode) in barcodes.Index())
            await FindAsync(Name(i), 10, new SlideFacts { Format = "Svs", Barcode = barcode });

        Assert.Equal(["Ä1", "Ä2"], await BarcodesAsync("ä"));
        Assert.Equal(["日本1", "日本2"], await BarcodesAsync("日"));
        Assert.Equal(["A%"], await BarcodesAsync("a%"));
        Assert.Equal(["A_"], await BarcodesAsync("A_"));
        Assert.Equal(["A%", "A2", "A_", "A\uFFFF", "a1"], (await BarcodesAsync("a")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("S26-1", "PAT12", "S26-100;A1 S26-100;A2")]
    [InlineData("S", "PAT12", "S26-100;A1 S26-100;A2 S27-1;A1")]
    [InlineData("S26-100;A2", "P", "S26-100;A2")]
    public async Task Who_says_barcode_and_patient_finds_what_has_both(string barcode, string patient, string expected)
    {
        foreach (var (code, id) in new[] { ("S27-1;A1", "PAT12"), ("S26-100;A2", "PAT12"), ("S26-100;A1", "PAT12"), ("S26-101;A1", "PAT3"), ("T1", "PAT12") })
            await FindAsync($"{code}.svs", 1, new SlideFacts { Format = "Svs", Barcode = code, PatientId = id, ScanTime = Written });

        var found = (await _search.SearchAsync(new SlideQuestion { Barcode = barcode, Patient = patient }, Cancel)).Slides.Select(s => s.Barcode!);

        Assert.Equal(expected, string.Join(' ', found.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_catalogue_of_many_is_exported_as_a_whole()
    {
        for (var i = 0; i < 30; i++)
            await FindAsync(Name(i), 10, new SlideFacts { Format = "Svs", Barcode = i == 3 ? "=cmd|' /C calc'!A0" : Barcode(i) });
        using var csv = new MemoryStream();
        using var json = new MemoryStream();

        await SlideExport.WriteCsvAsync(_search.AllAsync(new SlideQuestion(), Cancel), csv, Cancel);
        await SlideExport.WriteJsonAsync(_search.AllAsync(new SlideQuestion(), Cancel), json, Cancel);

        Assert.Equal(31, System.Text.Encoding.UTF8.GetString(csv.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"'=cmd", System.Text.Encoding.UTF8.GetString(csv.ToArray()), StringComparison.Ordinal);
        Assert.Equal(30, System.Text.Encoding.UTF8.GetString(json.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
    }

    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static string Name(int i) => $"slide-{i.ToString("00", CultureInfo.InvariantCulture)}.svs";

    private static string Barcode(int i) => $"S26-{(i % 2) + 1}{i % 7};A{i.ToString("00", CultureInfo.InvariantCulture)}";

    private static ImageMetadata Image(string barcode, string series) => new()
    {
        ImageId = "7",
        SeriesInstanceUid = series,
        Barcode = barcode,
        ScanTime = Written,
        Instances = [new ImageInstance("1.2.3.4.5", Hash, 100)],
    };

    private Task<bool> FindAsync(string name, long bytes, SlideFacts facts, DateTimeOffset? written = null) => _catalogue.TakeFilesAsync([(new FoundFile(Share, name, bytes, written ?? Written), facts)], Cancel);

    private async Task<(SlideFileState State, long Bytes, string? Sha256)> StateAsync(string id) => (await _search.FindAsync(id, Cancel))! is var slide ? (slide.State, slide.Bytes, slide.Sha256) : default;

    private Task<bool[]> TellAsync(string subject, ImageMetadata image) => _catalogue.TakeImagesAsync([new ToldMessage(subject, Guid.NewGuid(), image)], Cancel);

    private async Task<IReadOnlyList<DeliveredFile>> DeliverAsync(string? path, SlideStage stage, long? bytes) => await _catalogue.TakeFeedAsync(
        new SlideFeed(
            [new ConverterSlide("converter", new SlideReport { Slide = "s1", Step = 3, Stage = stage, Since = Written, Reason = "It is so.", SeriesInstanceUid = Series, ReceivedAt = Written, Path = path, Bytes = bytes, Sha256 = path is null ? null : Hash })],
            42),
        await _catalogue.FollowedAsync(Cancel), _ => Share, Cancel);

    private async Task<bool> ScrubAsync(string id, (string Sha256, long Bytes)? read) => await _catalogue.TakeScrubAsync((await _search.FindAsync(id, Cancel))!, read, Cancel);

    private async Task<IEnumerable<string?>> BarcodesAsync(string beginning) => (await _search.SearchAsync(new SlideQuestion { Barcode = beginning }, Cancel)).Slides.Select(s => s.Barcode);

    private async Task AssertPagesAsync(SlideQuestion question, IEnumerable<int> expected, bool isOrdered = true)
    {
        var names = new List<string>();
        for (var next = question with { Take = 4 }; ;)
        {
            var page = await _search.SearchAsync(next, Cancel);
            names.AddRange(page.Slides.Select(s => s.Name));
            if (page.Next is null)
                break;
            Assert.Equal(4, page.Slides.Count);
            next = next with { After = page.Next };
        }

        var wanted = expected.Select(Name).ToList();
        if (!isOrdered)
            (wanted, names) = ([.. wanted.Order(StringComparer.Ordinal)], [.. names.Order(StringComparer.Ordinal)]);
        Assert.Equal(wanted, names);
    }
}

public sealed class CatalogueTestsOnSqlite() : CatalogueTests(new OnSqlite());

public sealed class CatalogueTestsOnPostgreSql(PostgreSqlServer server) : CatalogueTests(new OnPostgreSql(server));
