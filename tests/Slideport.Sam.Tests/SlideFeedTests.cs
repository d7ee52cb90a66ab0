using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol;
using Slideport.Protocol.Slides;
using Slideport.Sam.Database;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Tests;

/// <summary>The DSR follows the states of all slides, and misses none.</summary>
public abstract class SlideFeedTests(TestDatabase testDatabase)
{
    private static readonly DateTimeOffset Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(7); // finer than a database keeps it

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_slide_that_has_changed_comes_once_as_it_is_now()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var clients = Clients(sam);
        var (converter, dsr) = clients;
        await converter.TellAsync("conv1", [Report("a", 1, SlideStage.Receiving), Report("b", 1, SlideStage.Receiving)], Cancel);
        await converter.TellAsync("conv1", [Report("a", 2, SlideStage.Verified) with { Path = "S26-1.svs", Bytes = 1000, SerialNumber = "SS1" }], Cancel);

        var first = await dsr.GetSlidesAsync(0, TimeSpan.Zero, Cancel);
        await converter.TellAsync("conv1", [Report("a", 2, SlideStage.Verified), Report("b", 0, SlideStage.Receiving)], Cancel); // nothing new
        var nothing = await dsr.GetSlidesAsync(first.Next, TimeSpan.Zero, Cancel);
        await converter.TellAsync("conv1", [Report("b", 5, SlideStage.Failed)], Cancel);
        var second = await dsr.GetSlidesAsync(nothing.Next, TimeSpan.Zero, Cancel);

        Assert.Equal(["b Receiving", "a Verified"], first.Slides.Select(s => $"{s.Slide.Slide} {s.Slide.Stage}"));
        Assert.Equal(("conv1", "S26-1.svs", 1000L, "SS1"), (first.Slides[1].Converter, first.Slides[1].Slide.Path, first.Slides[1].Slide.Bytes, first.Slides[1].Slide.SerialNumber));
        Assert.Empty(nothing.Slides);
        Assert.Equal(first.Next, nothing.Next);
        Assert.Equal(["b Failed"], second.Slides.Select(s => $"{s.Slide.Slide} {s.Slide.Stage}"));
    }

    [Fact]
    public async Task Who_waits_hears_of_a_change_on_this_node_and_on_another()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var clients = Clients(sam);
        var (converter, dsr) = clients;

        var waiting = dsr.GetSlidesAsync(0, TimeSpan.FromSeconds(60), Cancel);
        await converter.TellAsync("conv1", [Report("a", 1, SlideStage.Receiving)], Cancel);
        var here = await waiting;
        waiting = dsr.GetSlidesAsync(here.Next, TimeSpan.FromSeconds(60), Cancel);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        await new SlideDirectory(sam.Databases, writer, TimeProvider.System).TakeAsync("conv2", [Report("z", 1, SlideStage.Complete)], Cancel);

        Assert.Equal("a", Assert.Single(here.Slides).Slide.Slide);
        Assert.Equal("conv2", Assert.Single((await waiting).Slides).Converter);
    }

    [Fact]
    public async Task More_slides_than_an_answer_holds_come_in_several()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var clients = Clients(sam);
        var (converter, dsr) = clients;
        foreach (var some in Enumerable.Range(0, 1100).Chunk(SlideReport.MaxReports))
            await converter.TellAsync("conv1", [.. some.Select(i => Report(Name(i), 1, SlideStage.Complete))], Cancel);

        var slides = new List<string>();
        var after = 0L;
        while (await dsr.GetSlidesAsync(after, TimeSpan.Zero, Cancel) is { Slides.Count: > 0 } feed)
        {
            slides.AddRange(feed.Slides.Select(s => s.Slide.Slide));
            after = feed.Next;
        }

        Assert.Equal(Enumerable.Range(0, 1100).Select(Name), slides);
    }

    // Two nodes on one database, as two processes would write to it: each with its own turns.
    [Fact]
    public async Task While_nodes_write_at_once_a_reader_misses_nothing()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var one = new SamWriter(sam.Databases, TimeProvider.System);
        using var two = new SamWriter(sam.Databases, TimeProvider.System);
        var nodes = sam.Databases.Options.Provider == DatabaseProvider.Sqlite ? [one] : new[] { one, two }; // the embedded database has one node
        using var clients = Clients(sam);
        var dsr = clients.Dsr;
        var seen = new ConcurrentDictionary<string, long>();
        using var done = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            var after = 0L;
            while (true)
            {
                var isLast = done.IsCancellationRequested;
                var feed = await dsr.GetSlidesAsync(after, TimeSpan.Zero, Cancel);
                foreach (var slide in feed.Slides)
                    seen[$"{slide.Converter}/{slide.Slide.Slide}"] = slide.Slide.Step;
                after = feed.Next;
                if (isLast && feed.Slides.Count == 0)
                    return;
            }
        }, Cancel);

        await Parallel.ForEachAsync(nodes.Select((writer, i) => (writer, i)), Cancel, async (node, cancel) =>
        {
            var slides = new SlideDirectory(sam.Databases, node.writer, TimeProvider.System);
            for (var step = 1; step <= 60; step++)
                await slides.TakeAsync($"conv{node.i}", [Report(Name(step % 7), step, SlideStage.Receiving)], cancel);
        });
        await done.CancelAsync();
        await reading;

        await using var database = sam.Databases.CreateDbContext();
        var final = await database.Slides.ToDictionaryAsync(s => $"{s.Converter}/{s.Name}", s => s.Step, Cancel);
        Assert.Equal(7 * nodes.Length, final.Count);
        Assert.Equal(final.OrderBy(f => f.Key, StringComparer.Ordinal), seen.OrderBy(s => s.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_database_put_back_from_a_backup_goes_on_above_every_number_it_has_given()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var clients = Clients(sam);
        var (converter, dsr) = clients;
        await converter.TellAsync("conv1", [Report("a", 1, SlideStage.Receiving)], Cancel);
        await converter.TellAsync("conv1", [Report("a", 2, SlideStage.Complete), Report("b", 1, SlideStage.Receiving)], Cancel);
        var known = await dsr.GetSlidesAsync(0, TimeSpan.Zero, Cancel);
        await using (var database = sam.Databases.CreateDbContext())
        {
            // As it was before all this.
            await database.Slides.ExecuteDeleteAsync(Cancel);
            await database.ChangeCounters.ExecuteDeleteAsync(Cancel);
        }

        await converter.TellAsync("conv1", [Report("a", 3, SlideStage.Converting)], Cancel);

        Assert.Equal(["a"], (await dsr.GetSlidesAsync(known.Next, TimeSpan.Zero, Cancel)).Slides.Select(s => s.Slide.Slide));
    }

    [Fact]
    public async Task A_place_that_cannot_be_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var clients = Clients(sam);
        var dsr = clients.Dsr;

        var refused = await Assert.ThrowsAsync<SamException>(() => dsr.GetSlidesAsync(-1, TimeSpan.Zero, Cancel));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "after"), (refused.Status, refused.Errors[0].Field));
    }

    private static ClientPair Clients(SamUnderTest sam) =>
        new(new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("converter"))), new SamRoleClient(sam.Address, sam.Tls(sam.Authority.Client("dsr"))));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"s{number}");

    private static SlideReport Report(string slide, long step, SlideStage stage) => new()
    {
        Slide = slide,
        Step = step,
        Stage = stage,
        Since = Noon,
        Reason = "A sentence.",
        SeriesInstanceUid = "1.2.3",
        ReceivedAt = Noon,
    };

    private sealed record ClientPair(SamRoleClient Converter, SamRoleClient Dsr) : IDisposable
    {
        public void Dispose()
        {
            Converter.Dispose();
            Dsr.Dispose();
        }
    }
}

public sealed class SlideFeedTestsOnSqlite() : SlideFeedTests(new OnSqlite());

public sealed class SlideFeedTestsOnPostgreSql(PostgreSqlServer server) : SlideFeedTests(new OnPostgreSql(server));

public sealed class SlideFeedTestsOnSqlServer(SqlServerInstance server) : SlideFeedTests(new OnSqlServer(server));
