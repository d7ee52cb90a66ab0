using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Jpeg;

namespace Slideport.Converter.Tests.Converting;

/// <summary>
/// Slides that can be stored and not become an SVS: rows D11 to D21 and C1 to C4 of docs/bad-input.md, from C-STORE to the sentence an
/// operator reads. As DICOM each is delivered as it came.
/// </summary>
public sealed class BadSlideTests
{
    private static readonly byte[] Progressive = Jpeg(0xC2);

    private static readonly Dictionary<string, (Func<TestInstance[]> Make, SlideState State, string Reason)> Slides = new()
    {
        ["D11 Columns 0"] = (() => [Level().With(Tags.Columns, 0)], SlideState.Failed, "(Columns)"),
        ["D11 Total Pixel Matrix of 2^31"] = (() => [Level().With(Tags.TotalPixelMatrixRows, 0x80000000)], SlideState.Failed, "(TotalPixelMatrixRows)"),
        ["D12 Number of Frames 0"] = (() => [Level().With(Tags.NumberOfFrames, "0")], SlideState.Failed, "(NumberOfFrames)"),
        ["D12 Number of Frames that is not the grid's"] = (() => [Level().With(Tags.NumberOfFrames, "3")], SlideState.Failed, "(NumberOfFrames)"),
        ["D13 16 bits"] = (() => [Level().With(Tags.BitsAllocated, 16)], SlideState.Failed, "(BitsAllocated)"),
        ["D13 four samples"] = (() => [Level().With(Tags.SamplesPerPixel, 4)], SlideState.Failed, "(SamplesPerPixel)"),
        ["D15 an empty frame"] = (() => [Level(frame: [])], SlideState.Failed, "(PixelData)"),
        ["D17 a frame that is no JPEG"] = (() => [Level(frame: [0xF3, 0xD8, 0xFF, 0xDB])], SlideState.Failed, "frame 2"),
        ["D17 progressive JPEG"] = (() => [new TestInstance(32, 16) { Frames = [Progressive, Progressive] }], SlideState.Failed, "Progressive"),
        ["D17 a progressive frame among others"] = (() => [Level(frame: Progressive)], SlideState.Failed, "frame 2"),
        ["D17 extended JPEG"] = (() => [new TestInstance(32, 16) { Frames = [Jpeg(0xC1), Jpeg(0xC1)] }], SlideState.Failed, "Extended"),
        ["D17 SOF of another size"] = (() => [Level(frame: TestInstance.Frame(24, 16, 9))], SlideState.Failed, "frame 2"),
        ["D19 no Image Type"] = (() => [Level(), new TestInstance(16, 16).Without(Tags.ImageType)], SlideState.Failed, "(ImageType)"),
        ["D20 no Total Pixel Matrix"] =
            (() => [Level().Without(Tags.TotalPixelMatrixColumns).Without(Tags.TotalPixelMatrixRows)], SlideState.Failed, "(TotalPixelMatrixColumns)"),
        ["D21 a frame off the grid"] = (() => [Level().At((1, 1), (9, 1))], SlideState.Failed, "(RowPositionInTotalImagePixelMatrix)"),
        ["D21 a frame twice"] = (() => [Level().At((1, 1), (1, 1))], SlideState.Failed, "(RowPositionInTotalImagePixelMatrix)"),
        ["C1 a part that is missing"] = (() => [new TestInstance(64, 16).Part("1.9", 1, 2, 0, 2)], SlideState.Waiting, "not whole"),
        ["C1 a part number of 0"] =
            (() => [new TestInstance(64, 16).Part("1.9", 0, 2, 0, 2), new TestInstance(64, 16).Part("1.9", 1, 2, 2, 2)], SlideState.Failed, "(InConcatenationNumber)"),
        ["C2 two levels of one size"] = (() => [Level(), Level()], SlideState.Failed, "(SOPInstanceUID)"),
        ["C4 no level"] = (() => [], SlideState.Waiting, "not whole"),
    };

    public static TheoryData<string> Names() => [.. Slides.Keys];

    public static TheoryData<string> NamesOfWholeSlides() => [.. Slides.Where(s => s.Value.State == SlideState.Failed).Select(s => s.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_slide_that_cannot_become_an_SVS_is_stored_and_set_aside_with_the_reason(string name)
    {
        var (make, state, reason) = Slides[name];
        await using var host = await ConverterHost.StartAsync();
        var files = Write(host, make());

        Assert.All(await TestPeer.SendAsync(host.Port, files), o => Assert.Equal(DimseStatus.Success, o.Status));
        var record = await host.UntilAsync(state);

        Assert.Contains(reason, record.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(host.Images) ? host.Delivered() : []);
    }

    [Theory]
    [MemberData(nameof(NamesOfWholeSlides))]
    public async Task As_DICOM_it_is_delivered_as_it_came(string name)
    {
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.Dicom });
        var files = Write(host, Slides[name].Make());

        await host.SendAndCommitAsync(files);
        await host.UntilAsync(SlideState.Verified);

        Assert.Equal(files.Length, host.Delivered().Length);
    }

    private static string[] Write(ConverterHost host, IEnumerable<TestInstance> made)
    {
        Directory.CreateDirectory(host.At("files"));
        return [.. made.Append(new TestInstance(8, 8, 8, "THUMBNAIL")).Select(m => m.Write(host.At($"files/{m.Uid}.dcm")))];
    }

    // Two frames; the second is given.
    private static TestInstance Level(byte[]? frame = null)
    {
        var made = new TestInstance(32, 16);
        if (frame is not null)
            made.Frames[1] = frame;
        return made;
    }

    private static byte[] Jpeg(byte startOfFrame) => new JpegBytes().Jfif().Quantization()
        .Frame(16, 16, [1, 2, 3], [0x22, 0x11, 0x11], startOfFrame).Segment(0xC4).Scan(1, 2, 3).Picture().End();
}
