using System.Buffers.Binary;
using CsCheck;
using Slideport.Dicom;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Tiff;

public sealed class TiffFileTests
{
    public static TheoryData<bool, bool> Flavours => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Flavours))]
    public void Reader_reads_every_flavour(bool big, bool bigEndian)
    {
        var bytes = new TiffBytes(big, bigEndian)
            .Page().Tag(256, TiffType.Short, 640).Tag(257, TiffType.Long, 70000).Tag(258, TiffType.Short, 8, 8, 8)
            .Text(270, "Aperio x").Tag(324, big ? TiffType.Long8 : TiffType.Long, 16, 100, 4_000_000_000)
            .Page().Text(270, "abc").Tag(34675, TiffType.Undefined, 1, 2, 3)
            .Build();

        var file = TiffFile.Read(bytes);

        Assert.Equal((big, bigEndian), (file.IsBigTiff, file.IsBigEndian));
        Assert.Equal(2, file.Directories.Count);
        var (first, second) = (file.Directories[0], file.Directories[1]);
        Assert.Equal(640, first.GetInteger(256));
        Assert.Equal(70000, first.GetInteger(257));
        Assert.Equal([8, 8, 8], first.GetIntegers(258)!);
        Assert.Equal("Aperio x", first.GetText(270));
        Assert.Equal([16, 100, 4_000_000_000], first.GetIntegers(324)!);
        Assert.Equal("abc", second.GetText(270));
        Assert.Equal([1, 2, 3], second.GetBytes(34675)!);
        Assert.Equal(3, second.GetRange(34675)!.Value.Length);
        Assert.Null(second.GetInteger(256));
        Assert.False(second.Contains(256));
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public void Every_prefix_is_an_error_or_reads_without_harm(bool big, bool bigEndian)
    {
        var writer = new TiffBytes(big, bigEndian);
        writer.Data(new byte[20]);
        var bytes = writer.Page().Tag(256, TiffType.Short, 640).Text(270, "Aperio Image").Tag(324, TiffType.Long, 16, 17, 18).Page().Text(270, "second").Build();

        for (var length = 0; length < bytes.Length; length++) Assert.ThrowsAny<SlideException>(() => ReadAll(bytes.AsMemory(0, length)));
        ReadAll(bytes);
    }

    [Fact]
    public void Long_arrays_come_whole_in_every_width()
    {
        var numbers = Enumerable.Range(1, 5000).Select(i => (ulong)i).ToArray();
        foreach (var type in new[] { TiffType.Short, TiffType.Long, TiffType.Long8 })
        {
            foreach (var bigEndian in new[] { false, true })
            {
                var file = TiffFile.Read(new TiffBytes(bigEndian: bigEndian).Page().Tag(324, type, numbers).Build());

                Assert.Equal(numbers.Select(n => (long)n), file.Directories[0].GetIntegers(324)!);
            }
        }
    }

    [Fact]
    public void Text_ends_at_its_first_NUL_and_may_be_Latin_1()
    {
        var page = TiffFile.Read(new TiffBytes().Page().Text(270, "M\u00fcller\0rest").Text(305, "").Build()).Directories[0];

        Assert.Equal("M\u00fcller", page.GetText(270));
        Assert.Equal("", page.GetText(305));
    }

    [Fact]
    public void An_unfinished_file_says_so()
    {
        var error = Assert.Throws<TiffFormatException>(() => TiffFile.Read(new TiffBytes().Build()));

        Assert.Contains("never finished", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_in_a_circle_is_refused()
    {
        List<long> at = [];
        var bytes = new TiffBytes().Page().Tag(256, TiffType.Short, 1).Page().Tag(256, TiffType.Short, 1).Build(offsets => at = offsets);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((int)at[1] + 8 + 20), at[0]);

        Assert.Contains("circle", Assert.Throws<TiffFormatException>(() => TiffFile.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixty_four_directories_are_read_and_one_more_refused()
    {
        var writer = new TiffBytes();
        for (var i = 0; i < TiffFile.MaxDirectories; i++) writer.Page().Tag(256, TiffType.Short, 1);
        Assert.Equal(TiffFile.MaxDirectories, TiffFile.Read(writer.Build()).Directories.Count);

        Assert.Throws<TiffFormatException>(() => TiffFile.Read(writer.Page().Build()));
    }

    [Fact]
    public void Too_many_fields_are_refused_before_they_are_read()
    {
        List<long> at = [];
        var bytes = new TiffBytes().Page().Tag(256, TiffType.Short, 1).Build(offsets => at = offsets);
        foreach (var count in new[] { TiffFile.MaxTags + 1UL, 1UL << 31, uint.MaxValue, ulong.MaxValue })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at[0]), count);
            Assert.Throws<TiffFormatException>(() => TiffFile.Read(bytes));
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData((1UL << 31) - 1)]
    [InlineData(1UL << 31)]
    [InlineData((1UL << 32) - 1)]
    [InlineData((1UL << 60) + 1)]
    [InlineData(ulong.MaxValue)]
    public void A_lying_count_never_drives_an_allocation(ulong count)
    {
        List<long> at = [];
        var bytes = new TiffBytes().Page().Tag(324, TiffType.Long8, 1, 2, 3).Build(offsets => at = offsets);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at[0] + 8 + 4), count);
        var page = TiffFile.Read(bytes).Directories[0];
        var before = GC.GetAllocatedBytesForCurrentThread();

        if (count > 3) Assert.Throws<TiffFormatException>(() => page.GetIntegers(324));
        else Assert.Equal((int)count, page.GetIntegers(324)!.Length);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Fact]
    public void Values_beyond_63_bits_and_fields_of_another_type_are_refused()
    {
        var page = TiffFile.Read(new TiffBytes().Page().Tag(324, TiffType.Long8, 1, ulong.MaxValue).Tag(282, TiffType.Double, 1).Build()).Directories[0];

        Assert.Throws<TiffFormatException>(() => page.GetIntegers(324));
        Assert.Throws<TiffFormatException>(() => page.GetInteger(282));
    }

    [Fact]
    public void A_text_of_gigabytes_is_refused()
    {
        var page = TiffFile.Read(new TiffBytes().Page().Tag(270, TiffType.Ascii, new ulong[TiffDirectory.MaxValueBytes + 1]).Build()).Directories[0];

        Assert.Throws<TiffFormatException>(() => page.GetText(270));
        Assert.Equal(new FileRange(16 + 8 + 20 + 8, TiffDirectory.MaxValueBytes + 1), page.GetRange(270));
    }

    [Fact]
    public void Random_damage_gives_a_format_error_or_a_readable_file()
    {
        var original = new TiffBytes().Page().Tag(256, TiffType.Short, 640).Text(270, "Aperio Image").Tag(324, TiffType.Long8, 16, 17, 18)
            .Page().Text(270, "second").Build();

        Gen.Int[0, original.Length - 1].Select(Gen.Byte).Array[1, 6].Sample(edits =>
        {
            var damaged = (byte[])original.Clone();
            foreach (var (at, value) in edits) damaged[at] = value;
            try
            {
                ReadAll(damaged);
            }
            catch (TiffFormatException)
            {
                // An error with a position is what damage should give.
            }
        });
    }

    private static void ReadAll(ReadOnlyMemory<byte> bytes)
    {
        foreach (var directory in TiffFile.Read(bytes).Directories)
        {
            foreach (var entry in directory.Entries)
            {
                _ = directory.GetRange(entry.Tag);
                _ = directory.GetText(entry.Tag);
                if (entry.Type is TiffType.Short or TiffType.Long or TiffType.Long8) _ = directory.GetIntegers(entry.Tag);
            }
        }
    }
}
