using System.Globalization;
using CsCheck;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class ValueTests
{
    [Theory]
    [InlineData(0.000499, "0.000499")]
    [InlineData(1.0 / 3, "0.33333333333333")]
    [InlineData(-1.0 / 3, "-0.3333333333333")]
    [InlineData(-1.2345678901234567e-200, "-1.23456789E-200")]
    [InlineData(123456789012345678.0, "1.2345678901E+17")]
    [InlineData(0.1 + 0.2, "0.3")]
    [InlineData(0, "0")]
    public void Decimal_strings_have_at_most_16_characters(double value, string text)
    {
        var written = new DicomDataSet().Set(Tags.PixelSpacing, value).GetString(Tags.PixelSpacing);

        Assert.InRange(written!.Length, 1, 16);
        Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), double.Parse(written, CultureInfo.InvariantCulture), Math.Abs(value) * 1e-8);
    }

    [Fact]
    public void Every_decimal_string_is_near_its_number()
    {
        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var set = new DicomDataSet().Set(Tags.PixelSpacing, value);
            Assert.InRange(set.GetString(Tags.PixelSpacing)!.Length, 1, 16);
            var read = set.GetDouble(Tags.PixelSpacing);
            Assert.True(read is null ? Math.Abs(value) > 1e300 : Math.Abs(read.Value - value) <= Math.Abs(value) * 1e-7, $"{value:R} became {read:R}");
        });
    }

    [Theory]
    [InlineData("139590", 139590)]
    [InlineData(" +5 ", 5)]
    [InlineData("-1", -1)]
    [InlineData("12.0", 12)]
    [InlineData("abc", null)]
    [InlineData("1.5", null)]
    [InlineData("2147483648", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("", null)]
    public void Integer_strings_are_read_leniently_and_never_wrongly(string text, int? value)
    {
        Assert.Equal(value, new DicomDataSet().Set(Tags.NumberOfFrames, text).GetInt32(Tags.NumberOfFrames));
    }

    [Fact]
    public void Binary_numbers_keep_their_value()
    {
        var set = new DicomDataSet()
            .Set(Tags.Rows, ushort.MaxValue)
            .Set(Tags.OverlayOrigin, -32768, 32767)
            .Set(Tags.TotalPixelMatrixColumns, uint.MaxValue)
            .Set(Tags.ColumnPositionInTotalImagePixelMatrix, int.MinValue)
            .Set(Tags.ExtendedOffsetTable, long.MaxValue)
            .Set(Tags.ImagedVolumeWidth, 1.5)
            .Set(Tags.ImagedVolumeHeight, "2.5");

        Assert.Equal(65535, set.GetInt64(Tags.Rows));
        Assert.Equal([-32768, 32767], set.GetInt64s(Tags.OverlayOrigin)!);
        Assert.Equal(uint.MaxValue, set.GetInt64(Tags.TotalPixelMatrixColumns));
        Assert.Null(set.GetInt32(Tags.TotalPixelMatrixColumns));
        Assert.Equal(int.MinValue, set.GetInt32(Tags.ColumnPositionInTotalImagePixelMatrix));
        Assert.Equal(long.MaxValue, set.GetInt64(Tags.ExtendedOffsetTable));
        Assert.Equal((1.5, 2.5), (set.GetDouble(Tags.ImagedVolumeWidth), set.GetDouble(Tags.ImagedVolumeHeight)));
        Assert.Null(set.GetInt64(Tags.ImagedVolumeWidth));
        Assert.Equal("65535", set.GetString(Tags.Rows));
        set.Set(new DicomTag(0x0009, 0x1001), Vr.UV, [.. Enumerable.Repeat((byte)0xFF, 8)]);
        Assert.Equal("18446744073709551615", set.GetString(new DicomTag(0x0009, 0x1001)));
    }

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        var set = new DicomDataSet();

        Assert.Throws<ArgumentException>(() => set.Set(Tags.Rows, 65536));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.Rows, -1));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.Rows, "many"));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.Rows, 1.5));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.NumberOfFrames, 1L << 40));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.PixelSpacing, double.NaN));
        Assert.Throws<ArgumentException>(() => set.Set(new DicomTag(0x0009, 0x1001), 1));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.ImageType, "A\\B", "C"));
        Assert.Throws<ArgumentException>(() => set.Set(Tags.OpticalPathSequence, 5));
        Assert.Empty(set.Elements);
    }

    [Fact]
    public void What_is_absent_or_of_another_kind_reads_as_nothing()
    {
        var set = DicomDataSetTests.Sample();

        Assert.Null(set.GetString(Tags.OpticalPathSequence));
        Assert.Null(set.GetInt32(Tags.OpticalPathSequence));
        Assert.Null(set.GetBytes(Tags.OpticalPathSequence));
        Assert.Null(set.GetItem(Tags.OpticalPathSequence, 1));
        Assert.Null(set.GetItem(Tags.OpticalPathSequence, -1));
        Assert.Null(set.GetItem(Tags.Rows));
        Assert.Null(set.GetDoubles(Tags.PatientName));
        Assert.Null(set.GetDouble(Tags.BarcodeValue));
        Assert.Empty(set.GetStrings(Tags.PatientID));
        Assert.Null(set.GetRange(Tags.Rows));
        Assert.True(set.Remove(Tags.Rows));
        Assert.False(set.Remove(Tags.Rows));
    }

    [Fact]
    public void Values_are_padded_by_their_VR()
    {
        var bytes = new DicomDataSet().Set(Tags.SOPInstanceUID, "1.2").Set(Tags.Modality, "SMX").Set(Tags.ICCProfile, [1, 2, 3]).Set(Tags.SamplesPerPixel, [3]);

        var read = DicomDataSet.Load(bytes.ToBytes(TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal("1.2\0"u8.ToArray(), read.GetBytes(Tags.SOPInstanceUID)!);
        Assert.Equal("SMX "u8.ToArray(), read.GetBytes(Tags.Modality)!);
        Assert.Equal([1, 2, 3, 0], read.GetBytes(Tags.ICCProfile)!);
    }

    [Fact]
    public void A_value_too_long_for_its_VR_becomes_UN()
    {
        var set = new DicomDataSet().Set(Tags.OpticalPathDescription, new string('A', 65_534)).Set(Tags.ImageComments, new string('B', 65_536));

        var read = DicomDataSet.Load(set.ToBytes(TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian);

        Assert.Equal((Vr.ST, Vr.UN), (read.Find(Tags.OpticalPathDescription)!.Vr, read.Find(Tags.ImageComments)!.Vr));
        Assert.Equal(65_536, read.GetString(Tags.ImageComments)!.Length);
    }

    [Fact]
    public void Big_endian_and_deflated_are_never_written()
    {
        Assert.Throws<ArgumentException>(() => new DicomDataSet().ToBytes(TransferSyntax.ExplicitVrBigEndian));
        Assert.Throws<ArgumentException>(() => new DicomDataSet().ToBytes(TransferSyntax.DeflatedExplicitVrLittleEndian));
    }

    [Fact]
    public void Tags_are_read_and_written_as_the_standard_does()
    {
        Assert.Equal(Tags.Rows, DicomTag.Parse("(0028,0010)"));
        Assert.Equal(Tags.PixelData, DicomTag.Parse("7fe0,0010"));
        Assert.Equal(Tags.PixelData, DicomTag.Parse("7FE00010"));
        Assert.Equal("(7FE0,0010)", Tags.PixelData.ToString());
        foreach (var wrong in new[] { "", "Rows", "(0028,001)", "0028 0010", "(0028,00100)", "-0280010", "00g80010" })
        {
            Assert.Throws<FormatException>(() => DicomTag.Parse(wrong));
        }

        Assert.True(Tags.Rows < Tags.Columns && Tags.Columns > Tags.Rows && Tags.Rows <= new DicomTag(0x00280010) && Tags.Rows >= new DicomTag(0x00280010));
    }
}
