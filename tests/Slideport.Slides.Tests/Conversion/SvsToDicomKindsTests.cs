using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>Every kind of SVS there is a fixture of, and slides with holes.</summary>
public sealed class SvsToDicomKindsTests(WrittenSlides slides) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-kinds-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => SvsFixture.Names;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_kind_of_SVS_becomes_conformant_instances_with_the_same_pixels(string name)
    {
        var fixture = SvsFixture.Find(name);
        var (path, levels) = slides.Get(fixture);

        var result = SvsToDicom.Convert(path, _folder, null, Cancel);

        Assert.Null(result.Refusal);
        Assert.Empty(result.Warnings);
        for (var level = 0; level < levels.Length; level++) AssertSamePixels(levels[level], new WrittenInstance(result.Files[level]), fixture);
        // CP-2650 of 2026 allows YBR_FULL_422 with JPEG 2000, without which subsampled codestreams could not be labelled; dciodvfy is older.
        var isTooNew = fixture.Compression == TiffCompression.Jpeg2000YCbCr;
        await WsiWriterChecks.AssertConformantAsync(isTooNew ? [.. result.Files.Skip(levels.Length)] : result.Files);
    }

    [Fact]
    public void A_slide_with_a_hole_is_refused_where_every_tile_is_needed()
    {
        var result = SvsToDicom.Convert(SlideWithHole(tile: 5), Path.Join(_folder, "out"), null, Cancel);

        Assert.Contains("tile 5", result.Refusal!.Reason, StringComparison.Ordinal);
        Assert.Empty(result.Files);
        Assert.False(Directory.Exists(Path.Join(_folder, "out")));
    }

    [Fact]
    public async Task A_slide_with_a_hole_leaves_out_its_frame_where_frames_have_positions()
    {
        foreach (var layout in new[] { DicomLayout.Sparse, DicomLayout.ThreeD })
        {
            var result = SvsToDicom.Convert(
                SlideWithHole(tile: 5), Path.Join(_folder, layout.ToString()), new SvsToDicomOptions { Layout = layout }, Cancel);

            var instance = new WrittenInstance(result.Files[0]);
            Assert.Equal(129, instance.Set.GetInt32(Tags.NumberOfFrames));
            Assert.DoesNotContain((5, 0), instance.Positions);
            await WsiWriterChecks.AssertConformantAsync(result.Files, areFramesLeftOut: true);
        }
    }

    /// <summary>A copy of a real slide, one of whose tiles has length 0 as Aperio writes what it did not scan.</summary>
    private string SlideWithHole(int tile)
    {
        var path = Path.Join(_folder, $"{Guid.NewGuid():N}.svs");
        File.Copy(RealSlides.Path("CMU-1-Small-Region.svs"), path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        long counts;
        using (var svs = SvsFile.Open(path)) counts = svs.Tiff.Directories[0].GetRange(TiffTags.TileByteCounts)!.Value.Offset;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, new byte[4], counts + 4 * tile);
        return path;
    }

    private static void AssertSamePixels(RgbPicture level, WrittenInstance instance, SvsFixture fixture)
    {
        var tile = instance.Set.GetInt32(Tags.Columns)!.Value;
        var across = (level.Width + tile - 1) / tile;
        var frameBytes = 3 * tile * tile;
        for (var i = 0; i < across * ((level.Height + tile - 1) / tile); i++)
        {
            var decoded = fixture.Compression switch
            {
                TiffCompression.None => new RgbPicture(tile, tile, instance.Frames[0].Slice(i * frameBytes, frameBytes).ToArray()),
                TiffCompression.Jpeg => PixelCodec.DecodeJpeg(instance.Frames[i].Span),
                _ => PixelCodec.DecodeJpeg2000(instance.Frames[i].Span, IsYCbCr(instance) ? ColorSpace.YCbCr : ColorSpace.Rgb),
            };
            var (left, top) = (i % across * tile, i / across * tile);
            var bytes = 3 * Math.Min(tile, level.Width - left);
            for (var row = 0; row < Math.Min(tile, level.Height - top); row++)
            {
                var expected = level.Pixels.AsSpan(3 * ((top + row) * level.Width + left), bytes);
                if (!expected.SequenceEqual(decoded.Pixels.AsSpan(3 * row * tile, bytes))) Assert.Fail($"Tile {i}, row {row} differs");
            }
        }
    }

    private static bool IsYCbCr(WrittenInstance instance) => instance.Set.GetString(Tags.PhotometricInterpretation) == "YBR_FULL_422";
}
