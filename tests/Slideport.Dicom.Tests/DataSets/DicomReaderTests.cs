using System.Text;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using static Slideport.Dicom.Tests.DataSets.DataSetBytes;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class DicomReaderTests
{
    private static readonly byte[] Rows512 = new DataSetBytes().Explicit(Tags.Rows, "US", [0, 2]).ToArray();
    private static readonly byte[] ImplicitRows512 = new DataSetBytes().Implicit(Tags.Rows, [0, 2]).ToArray();

    [Theory]
    [InlineData("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US", false)]
    [InlineData("OB OD OF OL OV OW SV UC UN UR UT UV ZZ", true)]
    public void Every_VR_is_read_with_the_length_field_it_has(string vrs, bool hasLongLength)
    {
        foreach (var vr in vrs.Split(' '))
        {
            byte[] length = hasLongLength ? [0, 0, 8, 0, 0, 0] : [8, 0];
            var bytes = new DataSetBytes().Raw([0x09, 0, 0x01, 0x10, .. Encoding.ASCII.GetBytes(vr), .. length]).Raw(1, 2, 3, 4, 5, 6, 7, 8).Raw(Rows512);

            var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

            Assert.Equal(vr, set.Elements[0].Vr.ToString());
            Assert.Equal(vr != "ZZ", set.Elements[0].Vr.IsKnown);
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], set.GetBytes(new DicomTag(0x0009, 0x1001))!);
            Assert.Equal(512, set.GetInt32(Tags.Rows));
        }
    }

    [Fact]
    public void Sequences_and_items_may_have_lengths_or_delimiters_in_any_combination()
    {
        foreach (var (sequenceDefined, itemDefined) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            var items = new DataSetBytes();
            for (var i = 0; i < 2; i++)
            {
                if (itemDefined) items.Item(Rows512);
                else items.Item().Raw(Rows512).EndItem();
            }

            var bytes = new DataSetBytes();
            if (sequenceDefined) bytes.Explicit(Tags.OpticalPathSequence, "SQ", items.ToArray());
            else bytes.Explicit(Tags.OpticalPathSequence, "SQ", items.ToArray(), Undefined).EndSequence();
            bytes.Explicit(Tags.LabelText, "UT", "A");

            var tokens = Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out var warnings);

            Assert.Equal("( [ (0028,0010)US=2@1 ] [ (0028,0010)US=2@1 ] ) (2200,0002)UT=1@0", tokens);
            Assert.Empty(warnings);
        }
    }

    [Fact]
    public void Delimiters_behind_lengths_and_stray_ones_are_passed_over()
    {
        var bytes = new DataSetBytes()
            .EndItem()
            .Explicit(Tags.OpticalPathSequence, "SQ", new DataSetBytes().Item(Rows512).EndItem().ToArray())
            .EndSequence()
            .Explicit(Tags.DimensionIndexSequence, "SQ", [], Undefined).EndSequence()
            .Explicit(Tags.LabelText, "UT", "A")
            .EndSequence();

        var tokens = Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out var warnings);

        Assert.Equal("( [ (0028,0010)US=2@1 ] ) ( ) (2200,0002)UT=1@0", tokens);
        Assert.Equal(4, warnings.Count);
    }

    [Fact]
    public void UN_of_undefined_length_holds_implicit_items()
    {
        var bytes = new DataSetBytes().Explicit(new DicomTag(0x0009, 0x1001), "UN", [], Undefined)
            .Item().Raw(ImplicitRows512).Implicit(Tags.OpticalPathSequence, [], Undefined).Item(ImplicitRows512).EndSequence().EndItem().EndSequence()
            .Raw(Rows512);

        var tokens = Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out var warnings);

        Assert.Equal("( [ (0028,0010)US=2@1 ( [ (0028,0010)US=2@2 ] ) ] ) (0028,0010)US=2@0", tokens);
        Assert.Empty(warnings);
    }

    [Fact]
    public void UN_of_undefined_length_with_explicit_items_is_understood()
    {
        var bytes = new DataSetBytes().Explicit(new DicomTag(0x0009, 0x1001), "UN", [], Undefined).Item().Raw(Rows512).EndItem().EndSequence();

        Assert.Equal("( [ (0028,0010)US=2@1 ] )", Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out _));
    }

    [Fact]
    public void A_sequence_hidden_in_UN_of_defined_length_is_found()
    {
        var hidden = new DataSetBytes().Item(ImplicitRows512).ToArray();
        var bytes = new DataSetBytes().Explicit(Tags.OpticalPathSequence, "UN", hidden).Explicit(new DicomTag(0x0049, 0x1000), "UN", hidden);

        Assert.Equal("( [ (0028,0010)US=2@1 ] ) (0049,1000)UN=18@0", Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out _));
    }

    [Fact]
    public void Numbers_in_UN_are_understood_by_the_dictionary()
    {
        var set = DicomDataSet.Load(new DataSetBytes().Explicit(Tags.Rows, "UN", [0, 2]).ToArray(), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal(512, set.GetInt32(Tags.Rows));
    }

    [Fact]
    public void Implicit_elements_in_an_explicit_data_set_are_understood()
    {
        var item = new DataSetBytes().Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item().Raw(ImplicitRows512).Implicit(Tags.Columns, [1, 0]).EndItem().EndSequence();
        Assert.Equal("( [ (0028,0010)US=2@1 (0028,0011)US=2@1 ] )", Tokens(item.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out var warnings));
        Assert.Single(warnings);

        var later = new DataSetBytes().Raw(Rows512).Implicit(Tags.Columns, [1, 0]).Explicit(Tags.BitsAllocated, "US", [8, 0]);
        Assert.Equal("(0028,0010)US=2@0 (0028,0011)US=2@0 (0028,0100)US=2@0", Tokens(later.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out warnings));
        Assert.Single(warnings);

        Assert.Equal("(0028,0010)US=2@0", Tokens(ImplicitRows512, TransferSyntax.ExplicitVrLittleEndian, out _));
    }

    [Fact]
    public void Explicit_elements_in_an_implicit_data_set_are_understood()
    {
        byte[] bytes = [.. Rows512, .. new DataSetBytes().Explicit(Tags.LabelText, "UT", "AB").ToArray()];

        Assert.Equal("(0028,0010)US=2@0 (2200,0002)UT=2@0", Tokens(bytes, TransferSyntax.ImplicitVrLittleEndian, out var warnings));
        Assert.Single(warnings);
    }

    [Fact]
    public void Question_marks_for_a_VR_have_a_length_of_16_bits()
    {
        var bytes = new DataSetBytes().Raw(Rows512).Explicit(new DicomTag(0x0029, 0x1000), "??", [1, 2]).Explicit(Tags.LabelText, "UT", "AB");

        Assert.Equal("(0028,0010)US=2@0 (0029,1000)UN=2@0 (2200,0002)UT=2@0", Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out _));
    }

    [Fact]
    public void Odd_lengths_are_taken_as_they_are()
    {
        var bytes = new DataSetBytes().Explicit(Tags.PatientID, "LO", "ABC").Explicit(Tags.SOPInstanceUID, "UI", "1.2.3").Raw(Rows512);

        var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal(("ABC", "1.2.3", 512), (set.GetString(Tags.PatientID), set.GetString(Tags.SOPInstanceUID), set.GetInt32(Tags.Rows)));
    }

    [Fact]
    public void Group_lengths_are_ignored()
    {
        var bytes = new DataSetBytes().Explicit(new DicomTag(0x0028, 0), "UL", [0xFF, 0xFF, 0xFF, 0xFF]).Raw(Rows512);

        var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal(Tags.Rows, Assert.Single(set.Elements).Tag);
    }

    [Fact]
    public void Of_elements_that_are_there_twice_the_first_counts()
    {
        var reader = new DicomReader(new DataSetBytes().Explicit(Tags.Columns, "US", [7, 0]).Raw(Rows512).Explicit(Tags.Rows, "US", [1, 0]).ToArray(),
            TransferSyntax.ExplicitVrLittleEndian);

        var set = DicomDataSet.Load(reader);

        Assert.Equal([Tags.Rows, Tags.Columns], set.Elements.Select(e => e.Tag));
        Assert.Equal(512, set.GetInt32(Tags.Rows));
        Assert.Equal(2, reader.Warnings.Count);
    }

    [Fact]
    public void Big_endian_values_come_out_little_endian()
    {
        var bytes = new DataSetBytes(bigEndian: true)
            .Explicit(Tags.Rows, "US", [1, 2])
            .Explicit(Tags.FrameIncrementPointer, "AT", [0x52, 0x00, 0x92, 0x30])
            .Explicit(Tags.ImagedVolumeWidth, "FL", [0x3F, 0x80, 0, 0])
            .Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item().Explicit(Tags.Columns, "US", [0, 5]).EndItem().EndSequence()
            .Explicit(Tags.LabelText, "UT", "AB");

        var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrBigEndian);

        Assert.Equal(0x0102, set.GetInt32(Tags.Rows));
        Assert.Equal("(5200,9230)", set.GetString(Tags.FrameIncrementPointer));
        Assert.Equal(1.0, set.GetDouble(Tags.ImagedVolumeWidth));
        Assert.Equal(5, set.GetItem(Tags.OpticalPathSequence)?.GetInt32(Tags.Columns));
        Assert.Equal("AB", set.GetString(Tags.LabelText));
    }

    [Fact]
    public void Only_text_is_trimmed()
    {
        // 8192 has a low byte of zero and a high byte of 0x20: libdicom once took it for a padded string.
        var bytes = new DataSetBytes().Explicit(Tags.Rows, "US", [0x00, 0x20]).Explicit(Tags.BarcodeValue, "LT", " A\r\n ");

        var set = DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal((8192, " A\r\n"), (set.GetInt32(Tags.Rows), set.GetString(Tags.BarcodeValue)));
    }

    [Fact]
    public void Fragments_are_told_from_items()
    {
        var tag = new DicomTag(0x0029, 0x1010);
        var bytes = new DataSetBytes()
            .Explicit(Tags.IconImageSequence, "SQ", [], Undefined).Item()
            .Explicit(Tags.PixelData, "OB", [], Undefined).Item([]).Item([1, 2]).EndSequence()
            .EndItem().EndSequence()
            .Explicit(tag, "OB", [], Undefined).Item([]).Item([1, 2, 3]).EndSequence()
            .Explicit(new DicomTag(0x0029, 0x1011), "OB", [], Undefined).Item().Raw(Rows512).EndItem().EndSequence();

        Assert.Equal("( [ < 0 2 > ] ) < 0 3 > ( [ (0028,0010)US=2@1 ] )", Tokens(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian, out _));
    }

    [Fact]
    public void Nesting_ends_at_the_limit()
    {
        byte[] Nested(int depth)
        {
            var bytes = new DataSetBytes();
            for (var i = 0; i < depth; i++) bytes.Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item();
            for (var i = 0; i < depth; i++) bytes.EndItem().EndSequence();
            return bytes.ToArray();
        }

        Assert.Equal(64, Tokens(Nested(64), TransferSyntax.ExplicitVrLittleEndian, out _).Count(c => c == '('));
        Assert.Contains("deeper than 64", Error(Nested(65)), StringComparison.Ordinal);
        Assert.Contains("deeper than 64", Error(Nested(10_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_hold()
    {
        byte[] twice = [.. Rows512, .. new DataSetBytes().Explicit(Tags.LabelText, "UT", new string('A', 100)).ToArray()];

        Assert.Contains("more than 1 elements", Error(twice, new DicomReaderLimits { MaxElements = 1 }), StringComparison.Ordinal);
        Assert.Contains("more than the 1 elements", Error(twice, new DicomReaderLimits { MaxLoadedElements = 1 }), StringComparison.Ordinal);
        Assert.Contains("longer than the 99", Error(twice, new DicomReaderLimits { MaxValueBytes = 99 }), StringComparison.Ordinal);
        var half = DicomDataSet.Load(new DicomReader(twice, TransferSyntax.ExplicitVrLittleEndian, new DicomReaderLimits { MaxLoadedBytes = 101 }));
        Assert.Equal([false, true], half.Elements.Select(e => e.IsDeferred));
        var deferred = DicomDataSet.Load(new DicomReader(twice, TransferSyntax.ExplicitVrLittleEndian, new DicomReaderLimits { MaxLoadedValueBytes = 99 }));
        Assert.Equal(new FileRange(22, 100), deferred.GetRange(Tags.LabelText));
        Assert.Null(deferred.GetString(Tags.LabelText));
    }

    [Fact]
    public void An_error_tells_offset_and_path()
    {
        var bytes = new DataSetBytes().Raw(Rows512).Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item([]).Item()
            .Explicit(Tags.ICCProfile, "OB", [1, 2, 3, 4], 1000);

        var error = Assert.Throws<DicomFormatException>(() => DicomDataSet.Load(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian));

        Assert.Equal("(0048,0105)[1] (0028,2000)", error.Path);
        Assert.Equal(bytes.ToArray().Length - 4, error.Offset);
        Assert.Contains("1000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_stands_at_the_end_of_what_was_opened()
    {
        var inner = new DataSetBytes().Item().Explicit(Tags.DimensionIndexSequence, "SQ", [], Undefined).Item(Rows512).EndSequence().EndItem().ToArray();
        foreach (var defined in new[] { true, false })
        {
            var bytes = new DataSetBytes();
            if (defined) bytes.Explicit(Tags.OpticalPathSequence, "SQ", inner);
            else bytes.Explicit(Tags.OpticalPathSequence, "SQ", inner, Undefined).EndSequence();
            bytes.Explicit(Tags.PixelData, "OB", [], Undefined).Item([]).Item([1, 2]).EndSequence();
            var reader = new DicomReader(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian);

            Assert.True(reader.Read());
            reader.Skip();
            Assert.Equal((DicomToken.SequenceEnd, Tags.OpticalPathSequence, 0), (reader.Token, reader.Tag, reader.Depth));
            Assert.True(reader.Read());
            reader.Skip();
            Assert.Equal((DicomToken.PixelDataEnd, Tags.PixelData), (reader.Token, reader.Tag));
            Assert.False(reader.Read());
            Assert.Equal(DicomToken.End, reader.Token);
        }
    }

    [Fact]
    public void A_handler_may_leave_what_it_took_anywhere()
    {
        var bytes = new DataSetBytes()
            .Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item().Raw(Rows512).EndItem().Item(Rows512).EndSequence()
            .Explicit(Tags.LabelText, "UT", "AB").ToArray();
        for (var steps = 0; steps < 7; steps++)
        {
            var set = DicomDataSet.Load(new DicomReader(bytes, TransferSyntax.ExplicitVrLittleEndian), reader =>
            {
                if (reader.Tag != Tags.OpticalPathSequence) return false;
                for (var i = 0; i < steps; i++) reader.Read();
                return true;
            });

            Assert.Equal(Tags.LabelText, Assert.Single(set.Elements).Tag);
        }
    }

    [Fact]
    public void A_handler_can_load_items_one_by_one()
    {
        var bytes = new DataSetBytes().Explicit(Tags.OpticalPathSequence, "SQ", [], Undefined).Item().Raw(Rows512).EndItem().Item(Rows512).EndSequence().Raw(Rows512);
        var items = new List<DicomDataSet>();

        var set = DicomDataSet.Load(new DicomReader(bytes.ToArray(), TransferSyntax.ExplicitVrLittleEndian), reader =>
        {
            if (reader.Tag != Tags.OpticalPathSequence) return false;
            while (reader.Read() && reader.Token == DicomToken.ItemStart) items.Add(DicomDataSet.Load(reader));
            return true;
        });

        Assert.Equal([512, 512], items.Select(i => i.GetInt32(Tags.Rows)!.Value));
        Assert.Equal(512, set.GetInt32(Tags.Rows));
    }

    [Fact]
    public void A_long_value_is_read_in_parts_or_as_a_whole_from_any_stream()
    {
        var value = Enumerable.Range(0, 300_001).Select(i => (byte)(i % 251)).ToArray();
        var bytes = new DataSetBytes().Explicit(Tags.ICCProfile, "OB", value).Raw(Rows512).ToArray();
        foreach (var stream in new Stream[] { new MemoryStream(bytes), new BufferedStream(new ForwardStream(bytes)), new ForwardStream(bytes) })
        {
            var reader = new DicomReader(stream, TransferSyntax.ExplicitVrLittleEndian);
            Assert.True(reader.Read());
            var part = new byte[1000];
            Assert.Equal(1000, reader.ReadValue(part));
            Assert.Equal(value[..1000], part);
            Assert.Equal(value[1000..], reader.ReadValue().ToArray());
            Assert.Equal(value[1000..], reader.ReadValue().ToArray());
            Assert.Equal(0, reader.ReadValue(part));
            Assert.True(reader.Read());
            Assert.Equal([0, 2], reader.ReadValue().ToArray());
        }
    }

    [Fact]
    public void Functional_groups_are_walked_without_an_allocation_per_element()
    {
        static byte[] Groups(int frames)
        {
            var bytes = new DataSetBytes().Explicit(Tags.PerFrameFunctionalGroupsSequence, "SQ", [], Undefined);
            for (var i = 0; i < frames; i++)
            {
                bytes.Item().Explicit(Tags.PlanePositionSlideSequence, "SQ", new DataSetBytes().Item(new DataSetBytes()
                    .Explicit(Tags.ColumnPositionInTotalImagePixelMatrix, "SL", [1, 0, 0, 0]).ToArray()).ToArray()).EndItem();
            }

            return bytes.EndSequence().ToArray();
        }

        static long Allocated(byte[] bytes)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reader = new DicomReader(new MemoryStream(bytes), TransferSyntax.ExplicitVrLittleEndian);
            long sum = 0;
            while (reader.Read())
            {
                if (reader.Token == DicomToken.Element) sum += reader.ReadValue()[0];
            }

            Assert.True(sum > 0);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        var (few, many) = (Groups(2000), Groups(20_000));
        Allocated(few);

        Assert.Equal(Allocated(few), Allocated(many));
    }

    private static string Tokens(byte[] bytes, TransferSyntax syntax, out IReadOnlyList<string> warnings)
    {
        var reader = new DicomReader(bytes, syntax);
        var text = new List<string>();
        while (reader.Read())
        {
            text.Add(reader.Token switch
            {
                DicomToken.Element => $"{reader.Tag}{reader.Vr}={reader.ReadValue().Length}@{reader.Depth}",
                DicomToken.SequenceStart => "(",
                DicomToken.SequenceEnd => ")",
                DicomToken.ItemStart => "[",
                DicomToken.ItemEnd => "]",
                DicomToken.PixelDataStart => "<",
                DicomToken.PixelDataEnd => ">",
                _ => reader.ReadValue().Length.ToString(System.Globalization.CultureInfo.InvariantCulture),
            });
        }

        warnings = reader.Warnings;
        return string.Join(' ', text);
    }

    private static string Error(byte[] bytes, DicomReaderLimits? limits = null) => Assert.Throws<DicomFormatException>(() =>
        DicomDataSet.Load(new DicomReader(bytes, TransferSyntax.ExplicitVrLittleEndian, limits))).Message;
}
