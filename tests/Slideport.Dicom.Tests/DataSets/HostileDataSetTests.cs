using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Fuzz.Targets;
using static Slideport.Dicom.Tests.DataSets.DataSetBytes;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class HostileDataSetTests
{
    private static readonly TransferSyntax[] Syntaxes = [TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ImplicitVrLittleEndian];

    [Fact]
    public void Every_prefix_is_an_error_or_a_shorter_data_set()
    {
        foreach (var syntax in Syntaxes)
        {
            var whole = Sample(syntax);
            var complete = 0;
            for (var length = 0; length < whole.Length; length++)
            {
                try
                {
                    var set = DicomDataSet.Load(whole.AsMemory(0, length), syntax);
                    complete++;
                    Assert.True(set.Elements.Count < DicomDataSet.Load(whole, syntax).Elements.Count || set.Find(Tags.PixelData)!.IsEncapsulated);
                }
                catch (DicomFormatException error)
                {
                    Assert.InRange(error.Offset, 0, length);
                }
            }

            Assert.InRange(complete, 5, 20); // between the outermost elements, and the fragments
        }
    }

    [Fact]
    public void Each_length_field_may_lie_without_harm()
    {
        uint[] lies = [0, 1, 2, 7, 8, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];
        foreach (var syntax in Syntaxes)
        {
            var whole = Sample(syntax);
            for (var field = 0; field + 4 <= whole.Length; field += 2)
            {
                foreach (var lie in lies)
                {
                    // Every position, since that has every length field among them; as 32 and as 16 bits.
                    var bytes = whole.ToArray();
                    BitConverter.TryWriteBytes(bytes.AsSpan(field), lie);
                    LoadBounded(bytes, syntax);
                    bytes = [.. whole];
                    BitConverter.TryWriteBytes(bytes.AsSpan(field), (ushort)(lie & 0xFFFF));
                    LoadBounded(bytes, syntax);
                }
            }
        }
    }

    [Fact]
    public void A_stated_length_allocates_nothing_even_where_the_end_is_unknown()
    {
        var bytes = new DataSetBytes().Explicit(Tags.ICCProfile, "OB", [1, 2, 3], 60_000_000).ToArray();
        var reader = new DicomReader(new ForwardStream(bytes), TransferSyntax.ExplicitVrLittleEndian);
        Assert.True(reader.Read());
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<DicomFormatException>(() => reader.ReadValue().Length);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void A_million_empty_items_are_refused_in_memory_and_walked_otherwise()
    {
        var bytes = new DataSetBytes().Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined);
        for (var i = 0; i < 1_000_000; i++) bytes.Item([]);
        var data = bytes.EndSequence().ToArray();

        Assert.Contains("kept in memory", Assert.Throws<DicomFormatException>(() => DicomDataSet.Load(data, TransferSyntax.ExplicitVrLittleEndian)).Message, StringComparison.Ordinal);
        var set = DicomDataSet.Load(new DicomReader(data, TransferSyntax.ExplicitVrLittleEndian), reader => reader.Tag == Tags.OpticalPathSequence);
        Assert.Empty(set.Elements);
    }

    [Fact]
    public void Descending_tags_are_sorted_once()
    {
        // Inserting each in turn would take minutes.
        var bytes = new DataSetBytes();
        for (var tag = 50_000u; tag > 0; tag--) bytes.Implicit(new DicomTag(0x00090000 + tag * 2), []);

        var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ImplicitVrLittleEndian);

        Assert.True(set.Elements.Zip(set.Elements.Skip(1)).All(p => p.First.Tag < p.Second.Tag));
    }

    [Fact]
    public void Warnings_are_bounded()
    {
        var bytes = new DataSetBytes();
        for (var i = 0; i < 10_000; i++) bytes.EndItem();
        var reader = new DicomReader(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

        DicomDataSet.Load(reader);

        Assert.Equal(32, reader.Warnings.Count);
    }

    [Fact]
    public void Garbage_is_refused_or_read_but_never_harms()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => DataSetTarget.Fuzz(bytes), iter: 5000);
    }

    [Fact]
    public void Mutations_of_a_data_set_are_refused_or_read_the_same_again()
    {
        byte[][] seeds = [.. Syntaxes.Select((s, i) => (byte[])[(byte)i, .. Sample(s)]), .. DataSetTarget.Seeds()];
        Mutations.Sample(seeds, bytes => DataSetTarget.Fuzz(bytes), iterations: 3000);
    }

    /// <summary>What the fuzzer found, kept so that it stays found.</summary>
    [Theory]
    [InlineData("004F420000FFFFFFFFFEFF00E000000000FEFF00E004000000FFD8FFD9FEFFDDE000000000")] // fragments under a VR that has no undefined length
    [InlineData("007FE0100053510000080000000000000000000000")] // Pixel Data as a sequence
    [InlineData("00040810005556000008000000FFFFFFFFFFFFFFFF")] // a UV beyond 2^63 is formatted
    [InlineData("3F3F3F3F3F3F3F0000")] // "??" for a VR as the first element, through a stream of unknown length
    public void Inputs_that_once_failed(string input) => DataSetTarget.Fuzz(Convert.FromHexString(input));

    [Fact]
    public void Mutations_of_a_file_are_refused_or_have_their_frames_inside_it()
    {
        Mutations.Sample([.. Part10Target.Seeds()], bytes => Part10Target.Fuzz(bytes), iterations: 1000);
    }

    private static void LoadBounded(byte[] bytes, TransferSyntax syntax)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            DicomDataSet.Load(bytes, syntax);
        }
        catch (DicomFormatException)
        {
            // Refused, as it should be.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 * bytes.Length + 100_000);
    }

    private static byte[] Sample(TransferSyntax syntax)
    {
        var set = DicomDataSetTests.Sample();
        set.GetItem(Tags.OpticalPathSequence)!.Set(Tags.ICCProfile, new byte[50]);
        set.SetFragments(Tags.PixelData, Vr.OB, [new DicomFragment(Array.Empty<byte>()), new DicomFragment(new byte[] { 1, 2 }), new DicomFragment(new byte[] { 3, 4 })]);
        return set.ToBytes(syntax);
    }
}
