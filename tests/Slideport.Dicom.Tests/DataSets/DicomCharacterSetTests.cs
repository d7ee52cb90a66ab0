using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class DicomCharacterSetTests
{
    /// <summary>The examples of PS3.5 annexes H, I, J and K, and of PS3.5 6.1: terms, bytes, name.</summary>
    public static TheoryData<string, string, string> Names => new()
    {
        { @"\ISO 2022 IR 87", "Yamada^Tarou=<1B>$B;3ED<1B>(B^<1B>$BB@O:<1B>(B=<1B>$B$d$^$@<1B>(B^<1B>$B$?$m$&<1B>(B", "Yamada^Tarou=山田^太郎=やまだ^たろう" },
        { @"ISO 2022 IR 13\ISO 2022 IR 87", "<D4CFC0DE>^<C0DBB3>=<1B>$B;3ED<1B>(J^<1B>$BB@O:<1B>(J=<1B>$B$d$^$@<1B>(J^<1B>$B$?$m$&<1B>(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう" },
        { @"\ISO 2022 IR 149", "Hong^Gildong=<1B>$)C<FBF3>^<1B>$)C<D1CED4D7>=<1B>$)C<C8AB>^<1B>$)C<B1E6B5BF>", "Hong^Gildong=洪^吉洞=홍^길동" },
        { @"\ISO 2022 IR 58", "Zhang^XiaoDong=<1B>$)A<D5C5>^<1B>$)A<D0A1B6AB>=", "Zhang^XiaoDong=张^小东=" },
        { "ISO_IR 192", "Wang^XiaoDong=<E78E8B>^<E5B08FE69DB1>=", "Wang^XiaoDong=王^小東=" },
        { "GB18030", "Wang^XiaoDong=<CDF5>^<D0A1B6AB>=", "Wang^XiaoDong=王^小东=" },
        { "GBK", "Wang^XiaoDong=<CDF5>^<D0A1B6AB>=", "Wang^XiaoDong=王^小东=" },
        { "ISO_IR 100", "Buc^J<E9>r<F4>me", "Buc^Jérôme" },
        { "ISO_IR 144", "<BBEEDAE1D5DCD1E3E0D3>", "Люксембург" },
        { "ISO_IR 126", "<C4E9EFEDF5F3E9EFF2>", "Διονυσιος" },
        { "ISO_IR 127", "<E2C8C7E6EA>^<E4E6D2C7D1>", "قباني^لنزار" },
        { "ISO_IR 138", "<F9F8E5EF>^<E3E1E5F8E4>", "שרון^דבורה" },
        { "ISO_IR 148", "<C7>avu<FE>o<F0>lu", "Çavuşoğlu" },
        { "ISO_IR 101", "Wa<B3EA>sa", "Wałęsa" },
        { "ISO_IR 109", "<C6>u", "Ĉu" },
        { "ISO_IR 110", "V<E0>gn<E8>r", "Vāgnčr" },
        { "ISO_IR 166", "<B9D2C2>", "นาย" },
        { @"\ISO 2022 IR 159\ISO 2022 IR 87", "<1B>$(D0!<1B>(B^<1B>$B;3<1B>(B", "丂^山" },
        { @"ISO 2022 IR 100\ISO 2022 IR 144", "J<E9>r<F4>me^<1B>-L<BB>", "Jérôme^Л" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_of_the_standard_decode(string terms, string bytes, string name)
    {
        var characterSet = DicomCharacterSet.Parse(terms.Split('\\'));

        Assert.True(characterSet.IsRecognized);
        Assert.Equal(name, characterSet.Decode(Bytes(bytes), isPersonName: true));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_of_the_standard_encode_to_what_decodes_the_same(string terms, string bytes, string name)
    {
        var characterSet = DicomCharacterSet.Parse(terms.Split('\\'));

        var encoded = characterSet.Encode(name, isPersonName: true);

        Assert.NotNull(encoded);
        Assert.Equal(name, characterSet.Decode(encoded, isPersonName: true));
        if (!terms.Contains("IR 87", StringComparison.Ordinal)) Assert.Equal(Bytes(bytes), encoded);
    }

    [Fact]
    public void Japanese_name_encodes_as_in_annex_H()
    {
        var encoded = DicomCharacterSet.Parse("", "ISO 2022 IR 87").Encode("Yamada^Tarou=山田^太郎=やまだ^たろう", isPersonName: true);

        Assert.Equal(Bytes("Yamada^Tarou=<1B>$B;3ED<1B>(B^<1B>$BB@O:<1B>(B=<1B>$B$d$^$@<1B>(B^<1B>$B$?$m$&<1B>(B"), encoded);
    }

    [Theory]
    [InlineData("ISO-IR 192")]
    [InlineData("ISO IR 192")]
    [InlineData("iso_ir 192 ")]
    [InlineData("UTF-8")]
    public void Misspelt_terms_are_understood(string term)
    {
        var characterSet = DicomCharacterSet.Parse(term);

        Assert.True(characterSet.IsRecognized);
        Assert.Equal("é", characterSet.Decode([0xC3, 0xA9]));
    }

    [Fact]
    public void Bytes_of_no_declared_set_are_taken_for_UTF8_if_they_are_and_for_Latin_1_if_not()
    {
        Assert.Equal("é", DicomCharacterSet.Default.Decode([0xC3, 0xA9]));
        Assert.Equal("é", DicomCharacterSet.Default.Decode([0xE9]));
        Assert.Equal("é", DicomCharacterSet.Parse("NONSENSE").Decode([0xE9]));
        Assert.False(DicomCharacterSet.Parse("NONSENSE").IsRecognized);
    }

    [Fact]
    public void A_backslash_inside_a_character_of_two_bytes_parts_no_values()
    {
        // 府 is 49 5C in JIS X 0208.
        var set = new DicomDataSet().Set(Tags.SpecificCharacterSet, "", "ISO 2022 IR 87")
            .Set(Tags.OtherPatientIDs, Vr.LO, Bytes(@"<1B>$BI\<1B>(B\A"));

        Assert.Equal(["府", "A"], set.GetStrings(Tags.OtherPatientIDs));
    }

    [Fact]
    public void Characters_that_no_set_has_are_refused_when_written()
    {
        Assert.Null(DicomCharacterSet.Default.Encode("é"));
        Assert.Null(DicomCharacterSet.Parse("ISO_IR 100").Encode("山"));
        var set = new DicomDataSet().Set(Tags.PatientName, "Jérôme");

        Assert.Contains("ISO_IR 192", Assert.Throws<DicomException>(() => set.ToBytes(TransferSyntax.ExplicitVrLittleEndian)).Message, StringComparison.Ordinal);
        Assert.Contains("ASCII", Assert.Throws<DicomException>(() => new DicomDataSet().Set(Tags.Modality, "é").ToBytes(TransferSyntax.ExplicitVrLittleEndian)).Message, StringComparison.Ordinal);
        set.Set(Tags.SpecificCharacterSet, "ISO_IR 100");
        Assert.Equal("Jérôme", DicomDataSet.Load(set.ToBytes(TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian).GetString(Tags.PatientName));
    }

    [Fact]
    public void Items_have_the_character_set_around_them_or_their_own()
    {
        var set = new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 100").Set(Tags.OpticalPathSequence,
            new DicomDataSet().Set(Tags.OpticalPathDescription, Vr.ST, [0xE9, 0x20]),
            new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 144").Set(Tags.OpticalPathDescription, Vr.ST, [0xBB, 0x20]));
        set = DicomDataSet.Load(set.ToBytes(TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal(["é", "Л"], set.GetSequence(Tags.OpticalPathSequence).Select(i => i.GetString(Tags.OpticalPathDescription)));
    }

    [Fact]
    public void No_bytes_in_any_set_make_decoding_fail()
    {
        string[] terms = ["", "ISO_IR 13", "ISO_IR 192", "GB18030", @"\ISO 2022 IR 87\ISO 2022 IR 159\ISO 2022 IR 149\ISO 2022 IR 58", "ISO_IR 166"];
        byte[] special = [0x1B, (byte)'$', (byte)'(', (byte)')', (byte)'B', (byte)'C'];
        Gen.Select(Gen.Int[0, terms.Length - 1].Select(i => terms[i]), Gen.OneOf(Gen.Byte, Gen.Int[0, special.Length - 1].Select(i => special[i])).Array[0, 30])
            .Sample((term, bytes) => Assert.NotNull(DicomCharacterSet.Parse(term.Split('\\')).Decode(bytes, isPersonName: true)));
    }

    [Fact]
    public void Names_have_three_groups_of_five_parts()
    {
        var name = PersonName.Parse("Adams^John Robert Quincy^^Rev.^B.A. M.Div.=山田^太郎");

        Assert.Equal(new PersonNameGroup("Adams", "John Robert Quincy", "", "Rev.", "B.A. M.Div."), name.Alphabetic);
        Assert.Equal(("山田", "太郎"), (name.Ideographic.Family, name.Ideographic.Given));
        Assert.True(name.Phonetic.IsEmpty);
        Assert.Equal("Adams^John Robert Quincy^^Rev.^B.A. M.Div.=山田^太郎", name.ToString());
        Assert.Equal("", PersonName.Parse("^^=").ToString());
        Assert.Equal("A^B^C^D^E^F^G", PersonName.Parse("A^B^C^D^E^F^G").ToString());
    }

    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '<')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            var end = text.IndexOf('>', i);
            bytes.AddRange(Convert.FromHexString(text.AsSpan(i + 1, end - i - 1)));
            i = end;
        }

        return [.. bytes];
    }
}
