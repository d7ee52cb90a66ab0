using System.Buffers.Binary;
using CsCheck;
using Slideport.Dicom;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Svs;

public sealed class SvsWriterTests : IDisposable
{
    private const string Banner = "Aperio Image Library v0.1.0 (Slideport)";
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pages_stand_in_the_order_every_reader_expects_with_the_tags_it_expects()
    {
        var path = _folder["a.svs"];
        using (var writer = SvsWriter.Create(path)) writer.Finish(Pages(writer));

        using var svs = SvsFile.Open(path);
        var pages = svs.Tiff.Directories;
        Assert.True(svs.Tiff.IsBigTiff && !svs.Tiff.IsBigEndian);
        Assert.Equal([0, 0, 0, 1, 9], pages.Select(page => (int)page.GetInteger(TiffTags.NewSubfileType)!));
        Assert.Equal([254, 256, 257, 258, 259, 262, 270, 277, 284, 322, 323, 324, 325, 530, 32997, 34675], Tags(pages[0]));
        Assert.Equal([254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 284, 530], Tags(pages[1]));
        Assert.Equal([254, 256, 257, 258, 259, 262, 270, 277, 284, 322, 323, 324, 325, 530, 32997], Tags(pages[2]));
        Assert.Equal([254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 284, 317], Tags(pages[3]));
        Assert.Equal([254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 284], Tags(pages[4]));
        Assert.Equal([2, 2], pages[0].GetIntegers(TiffTags.YCbCrSubSampling)!);
        Assert.Equal((6, 2, 2), (pages[0].GetInteger(262), pages[3].GetInteger(262), pages[4].GetInteger(262)));
        Assert.Equal([8, 8, 8], pages[0].GetIntegers(TiffTags.BitsPerSample)!);
        Assert.Equal((TiffType.Long, TiffType.Short), (pages[0].Find(256)!.Value.Type, pages[0].Find(257)!.Value.Type));
        Assert.All(pages, page => Assert.Equal(0, page.Offset % 8));
        Assert.All(pages, page => Assert.All(page.Entries, entry => Assert.Equal(0UL, entry.ValueOffset % 2 * (entry.Count * (ulong)TiffEntry.SizeOf(entry.Type) > 8 ? 1UL : 0))));
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        var path = _folder["a.svs"];
        SvsDirectories pages;
        using (var writer = SvsWriter.Create(path))
        {
            pages = Pages(writer);
            writer.Finish(pages);
        }

        using var svs = SvsFile.Open(path);
        Assert.Equal(2, svs.Levels.Count);
        Assert.Equal((70000, 300, 256, 256), (svs.Levels[0].Width, svs.Levels[0].Height, svs.Levels[0].TileWidth, svs.Levels[0].TileHeight));
        for (var i = 0; i < svs.Levels[0].TileCount; i++)
            Assert.Equal(new FileRange(pages.Base.TileOffsets[i], pages.Base.TileByteCounts[i]), svs.Levels[0].Tiles[i]);
        Assert.Equal(pages.Base.Description, svs.Levels[0].Page.DescriptionText);
        Assert.Equal(pages.Thumbnail.Data, Assert.Single(svs.Thumbnail!.Strips));
        Assert.Equal(pages.Label!.Data, Assert.Single(svs.Label!.Strips));
        Assert.Equal(pages.Macro!.Data, Assert.Single(svs.Macro!.Strips));
        Assert.Equal(svs.Macro.Height, svs.Macro.RowsPerStrip);
        var icc = new byte[svs.IccProfile!.Value.Length];
        Assert.Equal(Icc(200), svs.Read(svs.IccProfile.Value, icc).ToArray());
    }

    [Fact]
    public void An_unfinished_file_is_no_TIFF()
    {
        var path = _folder["a.svs"];
        using (var writer = SvsWriter.Create(path)) Pages(writer);

        Assert.Contains("never finished", Assert.Throws<TiffFormatException>(() => SvsFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => SvsWriter.Create(path).Dispose());
    }

    [Fact]
    public void Bulk_and_single_bytes_lie_where_the_writer_said()
    {
        var random = new Random(7);
        var source = new byte[3_000_000];
        random.NextBytes(source);
        using var handle = File.OpenHandle(_folder.Write("source", source));
        var path = _folder["a.svs"];
        var expected = new List<(long At, byte[] Bytes)>();
        using (var writer = SvsWriter.Create(path))
        {
            Assert.Equal(16, writer.Position);
            foreach (var length in new[] { 1, 100, 255 << 10, 300 << 10, 0, 2_900_000, 5 })
            {
                var bytes = source[..length];
                expected.Add((writer.Append(bytes), bytes));
                expected.Add((writer.AppendBulk(handle, new FileRange(100, length), TestContext.Current.CancellationToken), source[100..(100 + length)]));
            }

            writer.Finish(Pages(writer));
        }

        var file = File.ReadAllBytes(path);
        Assert.All(expected, piece => Assert.True(file.AsSpan((int)piece.At, piece.Bytes.Length).SequenceEqual(piece.Bytes)));
    }

    [Fact]
    public void A_source_that_ends_early_is_an_error()
    {
        using var handle = File.OpenHandle(_folder.Write("source", new byte[100]));
        using var writer = SvsWriter.Create(_folder["a.svs"]);

        Assert.ThrowsAny<IOException>(() => writer.AppendBulk(handle, new FileRange(50, 51), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void One_tile_is_stored_in_the_entry_itself()
    {
        var path = _folder["a.svs"];
        using (var writer = SvsWriter.Create(path))
        {
            var at = writer.Append([1, 2, 3]);
            writer.Finish(Pages(writer) with { Base = Level(200, 100, [at], [3]), ReducedLevels = [], Label = null, Macro = null, IccProfile = null });
        }

        using var svs = SvsFile.Open(path);
        Assert.Equal(new FileRange(16, 3), svs.Levels[0].Tiles[0]);
        Assert.True(svs.Tiff.Directories[0].Find(TiffTags.TileOffsets)!.Value.ValueOffset < (ulong)svs.Tiff.Directories[1].Offset);
        Assert.Null(svs.IccProfile);
        Assert.Equal(2, svs.Tiff.Directories.Count);
    }

    [Fact]
    public void Full_sampling_and_other_codings_carry_no_subsampling_tag()
    {
        var path = _folder["a.svs"];
        using (var writer = SvsWriter.Create(path))
        {
            var at = writer.Append([1, 2, 3]);
            var pages = Pages(writer);
            writer.Finish(pages with
            {
                Base = Level(600, 400, [at, at, at, at, at, at], [3, 3, 3, 3, 3, 3]) with { Compression = TiffCompression.Jpeg2000YCbCr, Color = ColorSpace.YCbCr, Subsampling = (2, 1) },
                ReducedLevels = [Level(300, 200, [at, at], [3, 3]) with { Subsampling = (1, 1) }, Level(150, 100, [at], [3]) with { Color = ColorSpace.Gray, Subsampling = (1, 1) }],
            });
        }

        using var svs = SvsFile.Open(path);
        Assert.Equal([2, 6, 1], svs.Levels.Select(level => (int)level.Page.Photometric));
        Assert.Equal([3, 3, 1], svs.Levels.Select(level => level.Page.SamplesPerPixel));
        Assert.All(svs.Levels, level => Assert.False(svs.Tiff.Directories[level.Page.Index].Contains(TiffTags.YCbCrSubSampling)));
    }

    public static TheoryData<string, Func<SvsDirectories, SvsDirectories>> Broken => new()
    {
        { "Aperio ", pages => pages with { Base = pages.Base with { Description = "AperioX" } } },
        { "ASCII", pages => pages with { Base = pages.Base with { Description = "Aperio M\u00fcller" } } },
        { "ASCII", pages => pages with { Base = pages.Base with { Description = "Aperio \0" } } },
        { "trailing", pages => pages with { Base = pages.Base with { Description = "Aperio |" } } },
        { "description", pages => pages with { Thumbnail = pages.Thumbnail with { Description = "" } } },
        { "smaller", pages => pages with { ReducedLevels = [pages.ReducedLevels[0], pages.ReducedLevels[0]] } },
        { "lower than every level", pages => pages with { Thumbnail = pages.Thumbnail with { Height = 150 } } },
        { "size 0x", pages => pages with { Thumbnail = pages.Thumbnail with { Width = 0 } } },
        { "needs 548 tiles", pages => pages with { Base = pages.Base with { TileOffsets = pages.Base.TileOffsets[1..] } } },
        { "tile 3 at 0", pages => pages with { Base = pages.Base with { TileOffsets = With(pages.Base.TileOffsets, 3, 0) } } },
        { "tile 5 at 16 with 0", pages => pages with { Base = pages.Base with { TileByteCounts = With(pages.Base.TileByteCounts, 5, 0) } } },
        { "outside", pages => pages with { Base = pages.Base with { TileByteCounts = With(pages.Base.TileByteCounts, 5, 1 << 20) } } },
        { "outside", pages => pages with { Base = pages.Base with { TileByteCounts = With(pages.Base.TileByteCounts, 5, long.MaxValue) } } },
        { "not in the file", pages => pages with { Macro = pages.Macro! with { Data = new FileRange(16, 1 << 20) } } },
        { "not in the file", pages => pages with { Macro = pages.Macro! with { Data = new FileRange(-1, 1) } } },
        { "refuse the whole file", pages => pages with { Label = pages.Label! with { Compression = TiffCompression.Jpeg2000Rgb } } },
        { "second line", pages => pages with { Label = pages.Label! with { Description = Banner } } },
        { "second line", pages => pages with { Macro = pages.Macro! with { Description = Banner + "\r\nmacro 1x1" } } },
        { "cannot hold YCbCr", pages => pages with { Base = pages.Base with { Compression = TiffCompression.None } } },
        { "not a coding of tiles", pages => pages with { Base = pages.Base with { Compression = TiffCompression.Lzw } } },
        { "subsampling", pages => pages with { Base = pages.Base with { Subsampling = (3, 1) } } },
        { "only YCbCr", pages => pages with { Base = pages.Base with { Color = ColorSpace.Rgb } } },
        { "ICC", pages => pages with { IccProfile = pages.IccProfile! with { Range = new FileRange(0, 100) } } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_page_that_some_reader_would_stumble_over_is_never_written(string rule, Func<SvsDirectories, SvsDirectories> breakIt)
    {
        var path = _folder["a.svs"];
        using (var writer = SvsWriter.Create(path))
        {
            var pages = Pages(writer);
            Assert.Contains(rule, Assert.Throws<ArgumentException>(() => writer.Finish(breakIt(pages))).Message, StringComparison.Ordinal);
            // Refused before anything was written: the right pages still go in.
            writer.Finish(pages);
            Assert.Throws<InvalidOperationException>(() => writer.Append([1]));
            Assert.Throws<InvalidOperationException>(() => writer.Finish(pages));
        }

        using var svs = SvsFile.Open(path);
        Assert.Equal(2, svs.Levels.Count);
    }

    [Fact]
    public void Any_level_written_is_the_level_read()
    {
        var levels =
            from tileWidth in Gen.Int[1, 600]
            from tileHeight in Gen.Int[1, 600]
            from width in Gen.Int[1, 3000]
            from height in Gen.Int[2, 3000]
            from seed in Gen.Int
            select (tileWidth, tileHeight, width, height, seed);

        levels.Sample(
            level =>
            {
                var tiles = (int)(((long)level.width + level.tileWidth - 1) / level.tileWidth * ((level.height + (long)level.tileHeight - 1) / level.tileHeight));
                if (tiles > 20_000) return;
                var random = new Random(level.seed);
                var counts = Enumerable.Range(0, tiles).Select(_ => (long)random.Next(1, 16)).ToArray();
                var offsets = counts.Select(count => (long)random.Next(16, 33 - (int)count)).ToArray();
                var path = _folder[Guid.NewGuid().ToString("N")];
                using (var writer = SvsWriter.Create(path))
                {
                    var data = new FileRange(writer.Append(new byte[16]), 16);
                    var thumbnail = new SvsImageDirectory { Width = 1, Height = 1, Compression = TiffCompression.Jpeg, Color = ColorSpace.Rgb, Description = Banner, Data = data };
                    var page = new SvsLevelDirectory
                    {
                        Width = level.width,
                        Height = level.height,
                        TileWidth = level.tileWidth,
                        TileHeight = level.tileHeight,
                        Compression = TiffCompression.Jpeg,
                        Color = ColorSpace.Rgb,
                        Description = Banner,
                        TileOffsets = offsets,
                        TileByteCounts = counts,
                    };
                    writer.Finish(new SvsDirectories { Base = page, Thumbnail = thumbnail });
                }

                using (var svs = SvsFile.Open(path))
                {
                    Assert.Equal(tiles, svs.Levels[0].Tiles.Count);
                    for (var i = 0; i < tiles; i++) Assert.Equal(new FileRange(offsets[i], counts[i]), svs.Levels[0].Tiles[i]);
                }

                File.Delete(path);
            },
            iter: 50);
    }

    [Fact]
    public void A_tile_loop_allocates_nothing()
    {
        using var writer = SvsWriter.Create(_folder["a.svs"]);
        var tile = new byte[5000];
        writer.Append(tile);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++) writer.Append(tile);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
    }

    [Fact]
    public void ICC_padding_is_cut_and_a_lying_size_ignored()
    {
        foreach (var (stated, expected) in new[] { (200u, 200), (0u, 204), (127u, 204), (205u, 204), (uint.MaxValue, 204) })
        {
            var path = _folder[$"{stated}.svs"];
            var icc = Icc(204);
            BinaryPrimitives.WriteUInt32BigEndian(icc, stated);
            using var handle = File.OpenHandle(_folder.Write($"{stated}.icc", icc));
            using (var writer = SvsWriter.Create(path)) writer.Finish(Pages(writer) with { IccProfile = new SvsIccProfile(handle, new FileRange(0, 204)) });

            using var svs = SvsFile.Open(path);
            Assert.Equal(expected, svs.IccProfile!.Value.Length);
        }
    }

    private static ushort[] Tags(TiffDirectory directory) => [.. directory.Entries.Select(entry => entry.Tag)];

    private static long[] With(long[] values, int index, long value)
    {
        var changed = (long[])values.Clone();
        changed[index] = value;
        return changed;
    }

    private static byte[] Icc(int length)
    {
        var icc = Enumerable.Range(0, length).Select(i => (byte)(i & 0xFF)).ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(icc, 200);
        return icc;
    }

    private SvsDirectories Pages(SvsWriter writer)
    {
        var at = writer.Append("tile"u8);
        var icc = _folder.Write(Guid.NewGuid().ToString("N"), Icc(201));
        var image = new SvsImageDirectory { Width = 90, Height = 70, Compression = TiffCompression.Jpeg, Color = ColorSpace.YCbCr, Subsampling = (2, 1), Description = Banner, Data = new FileRange(at, 4) };
        return new SvsDirectories
        {
            Base = Level(70000, 300, [.. Enumerable.Repeat(16L, 548)], [.. Enumerable.Repeat(1L, 548)]),
            Thumbnail = image,
            ReducedLevels = [Level(200, 100, [at], [4])],
            Label = image with { Compression = TiffCompression.Lzw, Color = ColorSpace.Rgb, Subsampling = (1, 1), Description = SvsDescription.FormatAssociated(Banner, "label", 90, 70) },
            Macro = image with { Color = ColorSpace.Rgb, Subsampling = (1, 1), Description = SvsDescription.FormatAssociated(Banner, "macro", 90, 70) },
            IccProfile = new SvsIccProfile(File.OpenHandle(icc), new FileRange(0, 201)),
        };
    }

    private static SvsLevelDirectory Level(int width, int height, long[] offsets, long[] byteCounts) => new()
    {
        Width = width,
        Height = height,
        TileWidth = 256,
        TileHeight = 256,
        Compression = TiffCompression.Jpeg,
        Color = ColorSpace.YCbCr,
        Subsampling = (2, 2),
        Description = Banner,
        TileOffsets = offsets,
        TileByteCounts = byteCounts,
    };
}
