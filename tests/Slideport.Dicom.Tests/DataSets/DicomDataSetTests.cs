using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.DataSets;

public sealed class DicomDataSetTests
{
    public static TheoryData<bool, SequenceLengths> Encodings => new()
    {
        { false, SequenceLengths.Undefined }, { false, SequenceLengths.Defined }, { true, SequenceLengths.Undefined }, { true, SequenceLengths.Defined },
    };

    internal static DicomDataSet Sample() => new DicomDataSet()
        .Set(Tags.SpecificCharacterSet, "ISO_IR 192")
        .Set(Tags.ImageType, "DERIVED", "PRIMARY", "VOLUME", "RESAMPLED")
        .Set(Tags.SOPInstanceUID, "2.25.1")
        .Set(Tags.PatientName, "Müller^Jürgen")
        .SetEmpty(Tags.PatientID)
        .SetEmpty(Tags.AcquisitionContextSequence)
        .Set(Tags.Rows, 256)
        .Set(Tags.TotalPixelMatrixColumns, 108071)
        .Set(Tags.ImagedVolumeWidth, 26.5)
        .Set(Tags.NumberOfFrames, 139590)
        .Set(Tags.FrameIncrementPointer, Tags.PerFrameFunctionalGroupsSequence)
        .Set(Tags.ImageOrientationSlide, 0, -1, 0, -1, 0, 0)
        .Set(Tags.ExtendedOffsetTable, 0L, 1L << 40)
        .Set(Tags.OpticalPathSequence, new DicomDataSet()
            .Set(Tags.OpticalPathIdentifier, "1")
            .Set(Tags.OpticalPathDescription, "Ünder")
            .Set(Tags.ICCProfile, new byte[100_001])
            .Set(Tags.IlluminationTypeCodeSequence, Code("111744", "Brightfield"), Code("1", "Other")));

    [Theory]
    [MemberData(nameof(Encodings))]
    public void What_is_written_reads_the_same(bool isImplicit, SequenceLengths lengths)
    {
        var syntax = isImplicit ? TransferSyntax.ImplicitVrLittleEndian : TransferSyntax.ExplicitVrLittleEndian;
        var stream = new MemoryStream();
        var writer = new DicomWriter(stream, syntax, lengths);
        writer.Write(Sample());
        writer.Flush();

        stream.Position = 0;
        var reader = new DicomReader(stream, syntax);
        var read = DicomDataSet.Load(reader);

        Assert.Empty(reader.Warnings);
        Assert.Equal(writer.BytesWritten, stream.Length);
        Assert.Equal(["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"], read.GetStrings(Tags.ImageType));
        Assert.Equal("2.25.1", read.GetString(Tags.SOPInstanceUID));
        Assert.Equal("Jürgen", read.GetPersonName(Tags.PatientName)?.Alphabetic.Given);
        Assert.True(read.Contains(Tags.PatientID));
        Assert.Null(read.GetString(Tags.PatientID));
        Assert.Empty(read.GetSequence(Tags.AcquisitionContextSequence));
        Assert.Equal(256, read.GetInt32(Tags.Rows));
        Assert.Equal(108071, read.GetInt64(Tags.TotalPixelMatrixColumns));
        Assert.Equal(26.5, read.GetDouble(Tags.ImagedVolumeWidth));
        Assert.Equal(139590, read.GetInt32(Tags.NumberOfFrames));
        Assert.Equal("(5200,9230)", read.GetString(Tags.FrameIncrementPointer));
        Assert.Equal([0, -1, 0, -1, 0, 0], read.GetDoubles(Tags.ImageOrientationSlide)!);
        Assert.Equal([0, 1L << 40], read.GetInt64s(Tags.ExtendedOffsetTable)!);
        var path = read.GetItem(Tags.OpticalPathSequence)!;
        Assert.Equal("Ünder", path.GetString(Tags.OpticalPathDescription));
        Assert.True(path.Find(Tags.ICCProfile)!.IsDeferred);
        Assert.Equal(100_002, path.GetRange(Tags.ICCProfile)!.Value.Length);
        Assert.Equal("Other", path.GetItem(Tags.IlluminationTypeCodeSequence, 1)?.GetString(Tags.CodeMeaning));
    }

    private static DicomDataSet Code(string value, string meaning) =>
        new DicomDataSet().Set(Tags.CodeValue, value).Set(Tags.CodingSchemeDesignator, "DCM").Set(Tags.CodeMeaning, meaning);
}
