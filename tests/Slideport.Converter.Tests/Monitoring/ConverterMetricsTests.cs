using Slideport.Converter.Spool;
using Slideport.Monitoring.Tests;

namespace Slideport.Converter.Tests.Monitoring;

/// <summary>What the converter counts and times while slides travel through it.</summary>
public sealed class ConverterMetricsTests : IAsyncLifetime
{
    private readonly ConverterHost _host = new(new ConverterOptions { QuietTime = TimeSpan.FromSeconds(10) });
    private MeterReader _meter = null!;

    public async ValueTask InitializeAsync()
    {
        await _host.StartAsync();
        _meter = new MeterReader(meter => ReferenceEquals(meter, _host.Metrics.Meter));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task A_slide_is_counted_from_its_association_to_its_delivery()
    {
        var files = TestSlide.Write(_host.At("slide"));
        var bytes = files.Sum(DataSetBytes);

        await _host.SendAndCommitAsync(files);
        await _host.UntilAsync(SlideState.Verified);

        Assert.Equal(1, _meter.Sum("slideport.converter.associations{outcome=accepted}"));
        Assert.Equal(files.Count, _meter.Sum("slideport.converter.instances{outcome=stored}"));
        Assert.Equal(bytes, _meter.Sum("slideport.converter.received"));
        Assert.Equal(1, _meter.Sum("slideport.converter.conversion.duration{outcome=converted}"));
        Assert.Equal(1, _meter.Sum("slideport.converter.delivery.duration{outcome=delivered}"));
        // What is on disk is in memory a moment later.
        var now = await UntilAsync(o => o["slideport.converter.associations.open"] == 0 && o["slideport.converter.slides{stage=verified}"] == 1);
        Assert.Equal(0, now["slideport.converter.slides{stage=receiving}"]);
        Assert.Equal(1, _meter.Sum("slideport.converter.associations.ended{outcome=released}"));
    }

    [Fact]
    public async Task What_comes_again_is_counted_as_identical_and_what_differs_as_a_failure_with_its_status()
    {
        var files = TestSlide.Write(_host.At("slide"));
        await using (var association = await TestPeer.ConnectAsync(_host.Port))
        {
            Assert.Equal(0, (await association.StoreAsync(files[0])).Status.Code);
            Assert.Equal(0, (await association.StoreAsync(files[0])).Status.Code);
            Assert.Equal(0x0111, (await association.StoreAsync(Changed(files[0]))).Status.Code);
            Assert.Equal(1, _meter.Observe()["slideport.converter.associations.open"]);
            // Goes without a word.
        }

        await UntilAsync(_ => _meter.Sum("slideport.converter.associations.ended{outcome=aborted}") == 1);

        Assert.Equal(1, _meter.Sum("slideport.converter.instances{outcome=stored}"));
        Assert.Equal(1, _meter.Sum("slideport.converter.instances{outcome=identical}"));
        Assert.Equal(1, _meter.Sum("slideport.converter.store.failures{dicom.status=0111}"));
        Assert.Equal(2 * DataSetBytes(files[0]), _meter.Sum("slideport.converter.received"));
    }

    [Fact]
    public async Task A_delivery_the_image_store_is_in_the_way_of_is_counted_as_waiting_and_the_slides_age_grows()
    {
        var files = TestSlide.Write(_host.At("slide"));
        await File.WriteAllTextAsync(_host.Images, "a file where the folder should be", TestContext.Current.CancellationToken);
        await _host.SendAndCommitAsync(files);

        await _host.UntilAsync(SlideState.Waiting);
        await UntilAsync(_ => _meter.Sum("slideport.converter.conversion.duration{outcome=waiting}") >= 1);
        var before = _meter.Observe();

        Assert.Equal(1, before["slideport.converter.slides{stage=waiting}"]);
        Assert.True(before["slideport.converter.slides.oldest.age{stage=waiting}"] >= 0);
        Assert.Equal(0, before["slideport.converter.slides.oldest.age{stage=failed}"]);
    }

    [Fact]
    public async Task No_series_names_a_slide_a_scanner_or_a_file()
    {
        var files = TestSlide.Write(_host.At("slide"), barcode: "S26-SECRET");
        await _host.SendAndCommitAsync(files);
        await _host.UntilAsync(SlideState.Verified);
        _meter.Observe();

        Assert.NotEmpty(_meter.Series);
        Assert.All(_meter.Series, series => Assert.Matches("^slideport\\.converter\\.[a-z_.]+(\\{(outcome|stage|queue|filesystem|holder|dicom\\.status)=[a-z_:0-9A-F]+\\})?$", series));
    }

    // The deeds of the other side arrive a moment after it has done them.
    private async Task<IReadOnlyDictionary<string, double>> UntilAsync(Predicate<IReadOnlyDictionary<string, double>> holds)
    {
        while (true)
        {
            var now = _meter.Observe();
            if (holds(now))
                return now;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static long DataSetBytes(string path)
    {
        using var file = Slideport.Dicom.Part10.Part10File.Open(path);
        return new FileInfo(path).Length - file.DataSetOffset;
    }

    // The same instance with one other byte in its pixels.
    private string Changed(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^20] ^= 1;
        var copy = _host.At("changed.dcm");
        File.WriteAllBytes(copy, bytes);
        return copy;
    }
}
