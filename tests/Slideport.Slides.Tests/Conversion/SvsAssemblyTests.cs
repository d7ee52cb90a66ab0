using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tests.Jpeg;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>What arrives becomes tiles byte for byte, whatever its order, and a finished file holds the slide and nothing else.</summary>
public sealed class SvsAssemblyTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tiles_are_the_frames_without_padding_copied_in_one_piece()
    {
        var made = new TestInstance(64, 48);
        for (var i = 0; i < 12; i += 3) made.Frames[i] = [.. made.Frames[i][..2], 0xFF, 0xFE, 0, 3, (byte)i, .. made.Frames[i][2..]];

        using var slide = Assemble(made);

        Assert.Equal(made.Frames, slide.Tiles());
        Assert.Contains(made.Frames, f => f.Length % 2 != 0);
        Assert.Equal(0, slide.Report.RewrittenTiles);
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Any_order_of_positions_gives_the_tiles_of_the_full_tiling()
    {
        using var full = Assemble(new TestInstance(64, 48));
        var expected = full.Tiles();

        Gen.Shuffle(Enumerable.Range(0, 12).ToArray()).Sample(
            order =>
            {
                using var sparse = Assemble(new TestInstance(64, 48).Sparse(order).With(Tags.DimensionOrganizationType, "3D"));
                return sparse.Tiles().Zip(expected).All(t => t.First.AsSpan().SequenceEqual(t.Second));
            },
            iter: 20, threads: 1);
    }

    [Fact]
    public void Any_order_of_arrival_gives_the_same_tiles()
    {
        TestInstance[] Make() =>
        [
            new TestInstance(2112, 32).Part("1.9", 1, 3, 0, 100).With(Tags.SOPInstanceUID, "1.1"),
            new TestInstance(2112, 32).Part("1.9", 2, 3, 100, 100).With(Tags.SOPInstanceUID, "1.2"),
            new TestInstance(2112, 32).Part("1.9", 3, 3, 200, 64).With(Tags.SOPInstanceUID, "1.3"),
            new TestInstance(1056, 16).With(Tags.SOPInstanceUID, "1.4"),
            new TestInstance(16, 16, flavor: "LABEL").With(Tags.SOPInstanceUID, "1.5"),
            new TestInstance(8, 8, 8, "THUMBNAIL").With(Tags.SOPInstanceUID, "1.6"),
        ];
        using var expected = Assemble(Make());
        var (large, small) = (expected.Tiles(), expected.Tiles(1));

        Gen.Shuffle(Make()).Sample(
            shuffled =>
            {
                using var slide = Assemble(shuffled);
                return slide.Tiles().Zip(large).All(t => t.First.AsSpan().SequenceEqual(t.Second))
                    && slide.Tiles(1).Zip(small).All(t => t.First.AsSpan().SequenceEqual(t.Second));
            },
            iter: 10, threads: 1);
    }

    [Fact]
    public void Instance_given_twice_is_copied_once()
    {
        using var once = new AssembledSlide(_folder, [Large()], append: (a, i) => a.Append(i[0]));
        using var twice = new AssembledSlide(_folder, [Large()], append: (a, i) =>
        {
            a.Append(i[0]);
            a.Append(i[0]);
        });

        Assert.Equal(once.Report.Bytes, twice.Report.Bytes);
    }

    [Fact]
    public void Large_levels_are_in_the_file_before_the_slide_is_finished()
    {
        long position = 0;
        using var slide = new AssembledSlide(_folder, [Large()], append: (a, i) =>
        {
            a.Append(i[0]);
            position = a.Position;
        });

        Assert.InRange(position, Large().Frames.Sum(f => f.Length), slide.Report.Bytes);
    }

    [Fact]
    public void What_turns_out_not_to_belong_leaves_no_bytes_behind()
    {
        using var clean = Assemble(Large());
        using var stray = Large().With(Tags.SeriesInstanceUID, "1.99").Open(_folder);

        using var slide = new AssembledSlide(_folder, [Large()], append: (a, i) =>
        {
            a.Append(stray);
            a.Append(i[0]);
        });

        Assert.Equal(clean.Report.Bytes, slide.Report.Bytes);
        Assert.Equal(clean.Tiles(), slide.Tiles());
    }

    [Fact]
    public void File_is_no_slide_before_it_is_finished()
    {
        using var instance = Large().Open(_folder);
        using (var assembly = SvsAssembly.Create(_folder["unfinished.svs"]))
            assembly.Append(instance, TestContext.Current.CancellationToken);

        Assert.True(File.Exists(_folder["unfinished.svs"]));
        Assert.False(SvsFile.IsSvs(_folder["unfinished.svs"]));
    }

    [Fact]
    public void Holes_share_one_white_tile()
    {
        using var slide = Assemble(new TestInstance(64, 48).Sparse(1, 5, 11));

        Assert.Equal(9, slide.Report.WhiteTiles);
        var white = Enumerable.Range(0, 12).Except([1, 5, 11]).Select(t => slide.Svs!.Levels[0].Tiles[t]).Distinct();
        Assert.Single(white);
        Assert.Equal(WhiteJpeg.Create(16, 16, (2, 2), ColorSpace.YCbCr), slide.Tile(0));
        var report = slide.Verify();
        Assert.Equal((true, 9L), (report.IsFaithful, report.Holes));
    }

    [Fact]
    public void Holes_have_the_colour_the_image_recommends()
    {
        Tools.RequireVips();
        var made = new TestInstance(64, 48).Sparse(1, 5, 11);
        made.Set.Set(Tags.RecommendedAbsentPixelCIELabValue, 0xC000, 0x9000, 0x7000);
        var raw = new TestInstance(32, 32).Native(Raw(1), Raw(2), Raw(3), Raw(4)).Sparse(0, 3);
        raw.Set.Set(Tags.RecommendedAbsentPixelCIELabValue, 0xC000, 0x9000, 0x7000);

        using var jpeg = Assemble(made);
        using var native = Assemble(raw);

        // L* 75.0, a* 15.4, b* -16.4.
        (byte, byte, byte) purple = (203, 176, 215);
        var pixels = native.Tile(1);
        Assert.All(pixels.Chunk(3), p => Assert.Equal(purple, (p[0], p[1], p[2])));
        Assert.All(PixelCodec.DecodeJpeg(jpeg.Tile(0)).Pixels.Chunk(3), p =>
        {
            Assert.InRange(p[0], purple.Item1 - 2, purple.Item1 + 2);
            Assert.InRange(p[1], purple.Item2 - 2, purple.Item2 + 2);
            Assert.InRange(p[2], purple.Item3 - 2, purple.Item3 + 2);
        });
        Assert.True(jpeg.Verify().IsFaithful);
        Assert.True(native.Verify().IsFaithful);
    }

    [Theory]
    [InlineData(100, 0, 0, 255, 255, 255)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(53.585, 0, 0, 128, 128, 128)]
    [InlineData(54.29, 80.80, 69.89, 255, 0, 0)] // sRGB's red under D50, as ICC profiles have it
    public void Lab_under_D50_becomes_sRGB(double l, double a, double b, byte red, byte green, byte blue) =>
        Assert.Equal(new AbsentPixel(red, green, blue), AbsentPixel.FromLab(l, a, b));

    [Fact]
    public void Holes_of_uncompressed_levels_are_white_too()
    {
        var made = new TestInstance(32, 32).Native(Raw(1), Raw(2), Raw(3), Raw(4)).Sparse(0, 3);

        using var slide = Assemble(made);

        Assert.Equal(Enumerable.Repeat((byte)255, 768), slide.Tile(1));
        Assert.Equal(Raw(4), slide.Tile(3));
    }

    [Fact]
    public void Untransformed_rgb_gets_the_marker_that_says_so_and_no_other_byte_changes()
    {
        var encoder = new BaselineJpeg { Color = ColorSpace.Rgb, Ids = [0, 1, 2] };
        var made = new TestInstance(32, 16) { Frames = [.. new[] { 10, 90 }.Select(s => encoder.Encode(TestInstance.Picture(16, 16, s)))] }
            .With(Tags.PhotometricInterpretation, "RGB");

        using var slide = Assemble(made);

        Assert.Equal((2, JpegPatchKinds.InsertAdobeRgb), ((int)slide.Report.RewrittenTiles, slide.Report.Patches));
        Assert.Equal((byte)0, JpegHeader.Parse(slide.Tile(0))!.Value.AdobeTransform);
        Assert.Equal(made.Frames[1][2..], slide.Tile(1)[18..]);
        var report = slide.Verify();
        Assert.True(report.IsFaithful);
        Assert.Equal(new FidelityChange("Adobe segment inserted", 2), Assert.Single(report.Changes));
    }

    [Fact]
    public void Frames_in_fragments_are_joined()
    {
        var made = new TestInstance(64, 48) { FragmentsPerFrame = 3 };

        using var slide = Assemble(made);

        Assert.Equal(made.Frames, slide.Tiles());
        Assert.Equal(12, slide.Report.RewrittenTiles);
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Uncompressed_frames_are_copied_and_planes_interleaved()
    {
        using var pixels = Assemble(new TestInstance(32, 16).Native(Raw(1), Raw(2)));
        using var planes = Assemble(new TestInstance(32, 16).Native(Planes(Raw(1)), Planes(Raw(2))).With(Tags.PlanarConfiguration, 1));

        Assert.Equal([Raw(1), Raw(2)], pixels.Tiles());
        Assert.Equal(0, pixels.Report.RewrittenTiles);
        Assert.Equal(pixels.Tiles(), planes.Tiles());
        Assert.True(planes.Verify().IsFaithful);
    }

    [Fact]
    public void Jpeg_2000_goes_in_raw_even_out_of_jp2_boxes()
    {
        var frame = Slideport.Slides.Jpeg2000.WhiteJpeg2000.Create(16, 16, ColorSpace.Rgb);
        var box = frame.Length + 8;
        byte[] wrapped = [0, 0, 0, 12, .. "jP  \r\n"u8, 0x87, 0x0A, 0, 0, (byte)(box >> 8), (byte)(box & 255), .. "jp2c"u8, .. frame];
        foreach (var coded in (byte[][])[frame, wrapped])
        {
            var made = new TestInstance(32, 16) { Frames = [coded, coded], Syntax = TransferSyntax.Jpeg2000Lossless }
                .With(Tags.PhotometricInterpretation, "YBR_RCT");

            using var slide = Assemble(made);

            Assert.Equal([frame, frame], slide.Tiles());
            Assert.Equal(0, slide.Report.RewrittenTiles);
            Assert.True(slide.Verify().IsFaithful);
        }
    }

    [Fact]
    public void Profile_is_kept_without_its_padding()
    {
        var icc = new byte[1001];
        (icc[2], icc[3]) = (1001 >> 8, 1001 & 255);
        var made = new TestInstance(32, 16);
        made.Set.Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.ICCProfile, Vr.OB, icc).Set(Tags.ObjectiveLensPower, 40.0));

        using var slide = Assemble(made);

        Assert.Equal(1001, slide.Svs!.IccProfile!.Value.Length);
        Assert.Equal(40, slide.Svs.Description.Magnification);
        Assert.True(slide.Verify().IsFaithful);
    }

    // One known scanner sends profiles of 13 MB with every level.
    [Fact]
    public void Profile_of_13_MB_is_carried_once()
    {
        var icc = new byte[13_000_000];
        new Random(1).NextBytes(icc);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(icc, icc.Length);
        TestInstance Level(int width)
        {
            var made = new TestInstance(width, 16);
            made.Set.Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.ICCProfile, Vr.OB, icc));
            return made;
        }

        using var slide = Assemble(Level(64), Level(32));

        var found = slide.Svs!.IccProfile!.Value;
        Assert.Equal(icc, slide.Svs.Read(found, new byte[found.Length]).ToArray());
        Assert.InRange(new FileInfo(slide.Path).Length, icc.Length, icc.Length + 100_000);
    }

    [Fact]
    public void Memory_does_not_depend_on_the_number_of_frames_but_for_the_tables()
    {
        long Allocated(int tiles)
        {
            var made = new TestInstance(16 * tiles, 32) { Frames = [.. Enumerable.Repeat(TestInstance.Frame(16, 16, 3), 2 * tiles)] };
            using var instance = made.Open(_folder);
            _ = instance.Frames;
            using var assembly = SvsAssembly.Create(_folder[$"{Guid.NewGuid():N}.svs"]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            assembly.Append(instance);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(200);
        var (few, many) = (Allocated(200), Allocated(2000));

        // 8 bytes of offset and 4 of length for each of 3600 more frames.
        Assert.InRange(many - few, 0, 3600 * 12 + 1024);
    }

    private static TestInstance Large() => new TestInstance(2112, 32).With(Tags.SOPInstanceUID, "1.7");

    private static byte[] Raw(int seed) => [.. Enumerable.Range(0, 16 * 16 * 3).Select(i => (byte)(i * seed % 251))];

    private static byte[] Planes(byte[] pixels) => [.. Enumerable.Range(0, 3).SelectMany(c => pixels.Where((_, i) => i % 3 == c))];

    private AssembledSlide Assemble(params TestInstance[] made) => new(_folder, made);
}
