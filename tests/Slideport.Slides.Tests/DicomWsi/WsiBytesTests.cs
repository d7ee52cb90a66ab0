using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>An instance that nobody wrote has the bytes it would have if somebody had; those are judged elsewhere.</summary>
public sealed class WsiBytesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RGB with APP14")]
    [InlineData("gray")]
    [InlineData("JPEG 2000 YCbCr 4:2:0")]
    [InlineData("uncompressed")]
    [InlineData("tiles of 500x500")]
    public void Every_byte_is_the_one_that_the_writer_writes(string fixture)
    {
        SvsFixture.Find(fixture).Write(_folder["slide.svs"]);

        AssertSame(_folder["slide.svs"]);
    }

    [Fact]
    public void Tables_profile_and_label_of_a_real_slide_are_where_the_writer_puts_them() => AssertSame(RealSlides.Path("CMU-1-Small-Region.svs"));

    [Fact]
    public void A_level_with_a_hole_is_refused()
    {
        var image = new WsiImageDescription(WsiImageFlavor.Volume, 20, 10, 10, 10, WsiCoding.NativeRgb, new HoledFrames());

        Assert.Contains("Tile 1", Assert.Throws<SlideException>(() => new WsiBytes(Series(), image, ("1.2.3", 1), Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_of_odd_length_are_padded_one_by_one_or_all_together()
    {
        var frames = new NumberedFrames([3, 4, 5]);
        var native = new WsiImageDescription(WsiImageFlavor.Volume, 30, 10, 10, 10, WsiCoding.NativeRgb, frames);
        var coded = native with { Coding = WsiCoding.JpegYCbCr };

        var (inOne, inItems) = (AllOf(new WsiBytes(Series(), native, ("1.2.3", 1), Now)), AllOf(new WsiBytes(Series(), coded, ("1.2.3", 1), Now)));

        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2], inOne[^12..]);
        Assert.Equal([2, 2, 2, 2, 2, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0], inItems[^14..]);
        Assert.Equal([0xFE, 0xFF, 0, 0xE0, 4, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0, 0xE0, 4, 0, 0, 0, 1, 1, 1, 1], inItems[^46..^22]);
    }

    private void AssertSame(string slide)
    {
        var next = 0;
        var options = new SvsToDicomOptions
        {
            Describe = Named,
            Writer = new WsiWriterOptions { NewUid = () => FormattableString.Invariant($"2.25.{++next}"), TimeProvider = new StoppedClock(), Flush = false },
        };
        var files = SvsToDicom.Convert(slide, _folder["out"], options, TestContext.Current.CancellationToken).Files;
        using var svs = SvsFile.Open(slide);
        var (images, _, _) = SvsToDicom.Open(svs, options with { DecodesPictures = false });
        var series = Named(SvsToDicomMetadata.Describe(svs, new StoppedClock()));
        Assert.Equal(files.Count, images.Count);
        for (var i = 0; i < files.Count; i++)
        {
            var expected = File.ReadAllBytes(files[i]);
            using var bytes = new WsiBytes(series, images[i], (FormattableString.Invariant($"2.25.{i + 1}"), i + 1), Now);

            Assert.Equal(expected.Length, bytes.Length);
            Assert.Equal(expected, AllOf(bytes));
            AssertSameInPieces(expected, bytes);
            using var file = Part10File.Open("made", bytes);
            Assert.Equal(FormattableString.Invariant($"2.25.{i + 1}"), file.DataSet.GetString(Tags.SOPInstanceUID));
            Assert.Equal(images[i].Frames.Count, file.BuildFrameIndex().Count);
        }
    }

    private static void AssertSameInPieces(byte[] expected, WsiBytes bytes)
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var (at, count) = (random.Next(expected.Length + 1), random.Next(1, 5000));
            var piece = new byte[count];
            var read = bytes.Read(piece, at);
            Assert.Equal(Math.Min(count, expected.Length - at), read);
            Assert.True(expected.AsSpan(at, read).SequenceEqual(piece.AsSpan(0, read)), $"{read} bytes from {at}");
        }
    }

    private static byte[] AllOf(WsiBytes bytes)
    {
        var all = new byte[bytes.Length + 1];
        return all[..bytes.Read(all, 0)];
    }

    private static WsiSeriesDescription Series() => Named(new WsiSeriesDescription { ContainerIdentifier = "S1", AcquisitionTime = Now.DateTime, ImagedVolumeWidth = 1, ImagedVolumeHeight = 1 });

    private static WsiSeriesDescription Named(WsiSeriesDescription series) => series with
    {
        StudyInstanceUid = "1.1",
        SeriesInstanceUid = "1.2",
        FrameOfReferenceUid = "1.3",
        AcquisitionUid = "1.4",
        PyramidUid = "1.5",
        DimensionOrganizationUid = "1.6",
        SpecimenUid = "1.7",
    };

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class NumberedFrames(int[] lengths) : IFrameSource
    {
        public int Count => lengths.Length;

        public int LengthOf(int tile) => lengths[tile];

        public void Read(int tile, Span<byte> destination) => destination.Fill((byte)tile);
    }

    private sealed class HoledFrames : IFrameSource
    {
        public int Count => 2;

        public int LengthOf(int tile) => tile == 1 ? 0 : 300;

        public void Read(int tile, Span<byte> destination) => destination.Clear();
    }
}
