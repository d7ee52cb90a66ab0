using System.Diagnostics;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Monitoring.Tests;
using Slideport.Protocol.Tracing;

namespace Slideport.Converter.Tests.Monitoring;

/// <summary>A slide's way through the converter is one trace, and says nothing of whose slide it is.</summary>
public sealed class ConverterSpansTests
{
    private static readonly string[] Allowed = ["slideport.outcome", "slideport.slide.revision", "slideport.slide.instances", "slideport.instance.bytes"];

    [Fact]
    public async Task Each_stage_of_a_slide_is_a_span_of_the_trace_its_series_names()
    {
        await using var host = await ConverterHost.StartAsync();
        var files = TestSlide.Write(host.At("slide"), barcode: "S26-SECRET");
        using var reader = new SpanReader(SlideTrace.IdOf(SeriesOf(files[0])));

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);
        while (!reader.Outcomes("verify slide").Any())
            await Task.Delay(10, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Repeat("stored", files.Count), reader.Outcomes("receive instance"));
        Assert.Single(reader.Spans, s => s.OperationName == "complete slide");
        Assert.Equal(["converted"], reader.Outcomes("convert slide"));
        Assert.Equal(["delivered"], reader.Outcomes("deliver slide"));
        Assert.Equal(["verified"], reader.Outcomes("verify slide"));
        Assert.All(reader.Spans, s => Assert.True(s.Duration >= TimeSpan.Zero && s.Status == ActivityStatusCode.Unset));
        Assert.All(reader.Spans.SelectMany(s => s.TagObjects), tag => Assert.Contains(tag.Key, Allowed));
        Assert.DoesNotContain(reader.Spans, s => s.TagObjects.Any(t => t.Value?.ToString()?.Contains("SECRET", StringComparison.Ordinal) == true));
    }

    private static string SeriesOf(string path)
    {
        using var file = Part10File.Open(path);
        return file.DataSet.GetString(Tags.SeriesInstanceUID)!;
    }
}
