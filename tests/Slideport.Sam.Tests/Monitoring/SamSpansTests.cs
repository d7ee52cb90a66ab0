using System.Diagnostics;
using System.Net.Http.Json;
using Slideport.Monitoring.Tests;
using Slideport.Protocol.Tracing;

namespace Slideport.Sam.Tests.Monitoring;

/// <summary>SAM's part of a slide's trace: from the scanner's word of it to the DSR.</summary>
public sealed class SamSpansTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Taking_and_forwarding_an_image_are_spans_of_its_slides_trace_and_the_DSR_is_told_which()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();
        using var pointed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", new { dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false } }, Cancel);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var image = TestImage.Of("I1") with { SeriesInstanceUid = $"2.25.{Random.Shared.NextInt64()}", Barcode = "S26-SECRET" };
        using var reader = new SpanReader(SlideTrace.IdOf(image.SeriesInstanceUid));

        using (SlideTrace.Start(new ActivitySource("Slideport.Sam.Tests"), "a scanner tells", ActivityKind.Client, image.SeriesInstanceUid))
            await scanner.PutImageAsync(image, Cancel);
        await dsr.UntilTakenAsync(1);
        while (!reader.Outcomes("forward image metadata").Any())
            await Task.Delay(10, Cancel);

        var told = reader.Spans.Single(s => s.OperationName == "a scanner tells");
        var taken = reader.Spans.Single(s => s.OperationName == "take image metadata");
        var forwarded = reader.Spans.Single(s => s.OperationName == "forward image metadata");
        Assert.Equal((told.SpanId, "stored"), (taken.ParentSpanId, taken.GetTagItem("slideport.outcome")));
        Assert.Equal("taken", forwarded.GetTagItem("slideport.outcome"));
        Assert.Equal([$"00-{forwarded.TraceId}-{forwarded.SpanId}-01"], dsr.TraceParents);
        Assert.All(reader.Spans.SelectMany(s => s.TagObjects), tag => Assert.Contains(tag.Key, new[] { "slideport.outcome", "slideport.attempt" }));
    }

    [Fact]
    public async Task A_message_the_DSR_refuses_is_a_failed_span()
    {
        await using var dsr = await DsrStandIn.StartAsync();
        dsr.Answer = _ => 422;
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        using var admin = sam.Admin();
        using var pointed = await admin.PatchAsJsonAsync("api/configuration/defaults?reason=test", new { dsr = new { hostname = "127.0.0.1", port = dsr.Port, tls = false } }, Cancel);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var image = TestImage.Of("I1") with { SeriesInstanceUid = $"2.25.{Random.Shared.NextInt64()}" };
        using var reader = new SpanReader(SlideTrace.IdOf(image.SeriesInstanceUid));

        await scanner.PutImageAsync(image, Cancel);
        while (!reader.Outcomes("forward image metadata").Any())
            await Task.Delay(10, Cancel);

        var forwarded = reader.Spans.Single(s => s.OperationName == "forward image metadata");
        Assert.Equal(("refused", ActivityStatusCode.Error, (string?)null), (forwarded.GetTagItem("slideport.outcome"), forwarded.Status, forwarded.StatusDescription));
    }
}
