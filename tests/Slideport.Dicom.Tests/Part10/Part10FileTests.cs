using System.IO.Compression;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Dicom.Tests.Part10;

public sealed class Part10FileTests
{
    [Fact]
    public void Header_names_the_instance_its_encoding_and_who_sent_it()
    {
        using var temp = new TempFile(WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]));

        using var file = Part10File.Open(temp.Path);

        Assert.Equal(Uids.VLWholeSlideMicroscopyImageStorage, file.FileMeta.GetString(Tags.MediaStorageSOPClassUID));
        Assert.Equal("2.25.7", file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID));
        Assert.Same(TransferSyntax.JpegBaseline8Bit, file.TransferSyntax);
        Assert.Equal("SCANNER", file.FileMeta.GetString(Tags.SourceApplicationEntityTitle));
        Assert.Equal([0, 1], file.FileMeta.GetBytes(Tags.FileMetaInformationVersion)!);
        Assert.True(Uids.IsValid(file.FileMeta.GetString(Tags.ImplementationClassUID)));
        Assert.InRange(ImplementationIdentity.VersionName.Length, 1, 16);
        Assert.Equal(144 + file.FileMeta.GetInt64(Tags.FileMetaInformationGroupLength), file.DataSetOffset);
        Assert.Equal("2.25.7", file.DataSet.GetString(Tags.SOPInstanceUID));
        Assert.False(file.DataSet.Contains(Tags.PixelData));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(0xFFFFFFFFu)]
    public void Length_of_the_file_meta_group_may_lie(uint length)
    {
        var bytes = WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]);
        BitConverter.TryWriteBytes(bytes.AsSpan(140), length);
        using var temp = new TempFile(bytes);

        using var file = Part10File.Open(temp.Path);

        Assert.Equal("2.25.7", file.DataSet.GetString(Tags.SOPInstanceUID));
    }

    [Fact]
    public void Preamble_may_be_anything()
    {
        var bytes = WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]);
        "II*\0"u8.CopyTo(bytes);
        using var temp = new TempFile(bytes);

        using var file = Part10File.Open(temp.Path);

        Assert.Equal(1, file.BuildFrameIndex().Count);
    }

    [Fact]
    public void Handler_gets_what_it_wants_and_Pixel_Data_never()
    {
        using var temp = new TempFile(WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]));
        var offered = new List<DicomTag>();

        using var file = Part10File.Open(temp.Path, reader =>
        {
            offered.Add(reader.Tag);
            return reader.Tag == Tags.Rows;
        });

        Assert.Contains(Tags.Rows, offered);
        Assert.DoesNotContain(Tags.PixelData, offered);
        Assert.False(file.DataSet.Contains(Tags.Rows));
        Assert.NotNull(file.PixelData);
    }

    [Fact]
    public void Functional_groups_of_any_number_of_frames_stay_in_the_file_unless_a_handler_wants_them()
    {
        using var stream = WsiFile.Start(1, TransferSyntax.ExplicitVrLittleEndian);
        var writer = new DicomWriter(stream, TransferSyntax.ExplicitVrLittleEndian);
        var start = stream.Length + 12;
        writer.StartSequence(Tags.PerFrameFunctionalGroupsSequence);
        for (var i = 0; i < 300_000; i++)
        {
            writer.StartItem();
            writer.EndItem();
        }

        writer.EndSequence();
        writer.WriteElement(Tags.PixelData, Vr.OB, new byte[18]);
        writer.Flush();
        using var temp = new TempFile(stream.ToArray());

        using var file = Part10File.Open(temp.Path);

        Assert.Equal(new FileRange(start, 300_000 * 16), file.DataSet.GetRange(Tags.PerFrameFunctionalGroupsSequence));
        Assert.Empty(file.DataSet.GetSequence(Tags.PerFrameFunctionalGroupsSequence));
        Assert.Equal(1, file.BuildFrameIndex().Count);
        Assert.Throws<DicomException>(() => new DicomWriter(Stream.Null, TransferSyntax.ExplicitVrLittleEndian).Write(file.DataSet, file.Handle));
        Assert.Throws<DicomFormatException>(() => Part10File.Open(temp.Path, _ => false));
    }

    [Fact]
    public void A_whole_file_in_place_of_the_data_set_is_understood()
    {
        var inner = WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]);
        byte[] bytes = [.. Part10File.BuildHeader("1.2", "1.3", TransferSyntax.JpegBaseline8Bit.Uid), .. inner];
        using var temp = new TempFile(bytes);

        using var file = Part10File.Open(temp.Path);

        Assert.Equal("2.25.7", file.DataSet.GetString(Tags.SOPInstanceUID));
        Assert.Contains("second file header", Assert.Single(file.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Header_elements_in_the_data_set_are_passed_over()
    {
        byte[] bytes = [.. Part10File.BuildHeader("1.2", "1.3", TransferSyntax.ImplicitVrLittleEndian.Uid),
            .. new DicomDataSet().Set(Tags.Rows, 5).ToBytes(TransferSyntax.ImplicitVrLittleEndian),
            .. new DicomDataSet().Set(Tags.MediaStorageSOPClassUID, "1.9").ToBytes(TransferSyntax.ImplicitVrLittleEndian)];
        using var temp = new TempFile(bytes);

        using var file = Part10File.Open(temp.Path);

        Assert.Equal(5, file.DataSet.GetInt32(Tags.Rows));
        Assert.False(file.DataSet.Contains(Tags.MediaStorageSOPClassUID));
        Assert.NotEmpty(file.Warnings);
    }

    [Fact]
    public void Deflated_data_set_is_read_without_Pixel_Data()
    {
        var data = WsiFile.DataSet(1).Set(Tags.PixelData, Vr.OB, new byte[100_000]).Set(Tags.ICCProfile, new byte[100_000]);
        using var temp = new TempFile(Deflated(data.ToBytes(TransferSyntax.ExplicitVrLittleEndian)));

        using var file = Part10File.Open(temp.Path);

        Assert.Equal(2, file.DataSet.GetInt32(Tags.Rows));
        Assert.Equal(100_000, file.ReadBytes(file.DataSet, Tags.ICCProfile)!.Length);
        Assert.Null(file.PixelData);
    }

    [Fact]
    public void Values_of_a_deflated_data_set_are_kept_in_memory_for_nothing_in_the_file_can_be_found_by_its_place()
    {
        var data = new DicomDataSet().Set(Tags.LabelText, "label").Set(Tags.ICCProfile, Vr.OB, new byte[100_000]);
        using var temp = new TempFile(Deflated(data.ToBytes(TransferSyntax.ExplicitVrLittleEndian)));

        using var file = Part10File.Open(temp.Path, limits: new DicomReaderLimits { MaxLoadedBytes = 10 });

        Assert.Equal("label", file.DataSet.GetString(Tags.LabelText));
        Assert.Equal(new byte[100_000], file.ReadBytes(file.DataSet, Tags.ICCProfile));
    }

    [Fact]
    public void Deflated_data_set_is_bounded()
    {
        var bytes = new DicomDataSet().Set(Tags.PixelData, Vr.OB, new byte[1 << 20]).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        using var temp = new TempFile(Deflated(bytes));

        Assert.Contains("more than the 1000 bytes", Assert.Throws<DicomFormatException>(() =>
            Part10File.Open(temp.Path, null, new DicomReaderLimits { MaxBytes = 1000 })).Message, StringComparison.Ordinal);
        using var garbage = new TempFile([.. Part10File.BuildHeader("1.2", "1.3", TransferSyntax.DeflatedExplicitVrLittleEndian.Uid), 0xFF, 0xFF, 0xFF]);
        Assert.Throws<DicomFormatException>(() => Part10File.Open(garbage.Path));
    }

    [Fact]
    public void Long_values_are_read_from_the_file_on_demand()
    {
        var profile = Enumerable.Range(0, 200_000).Select(i => (byte)(i & 0xFF)).ToArray();
        using var stream = new MemoryStream();
        Part10File.Write(stream, WsiFile.DataSet(1).Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.ICCProfile, profile)), TransferSyntax.ExplicitVrLittleEndian);
        using var temp = new TempFile(stream.ToArray());

        using var file = Part10File.Open(temp.Path);
        var path = file.DataSet.GetItem(Tags.OpticalPathSequence)!;

        Assert.Null(path.GetBytes(Tags.ICCProfile));
        Assert.Equal(profile, file.ReadBytes(path, Tags.ICCProfile)!);
        Assert.Equal([2, 0], file.ReadBytes(file.DataSet, Tags.Rows)!);
        Assert.Null(file.ReadBytes(path, Tags.Rows));
        Assert.Throws<DicomFormatException>(() => file.ReadBytes(new FileRange(stream.Length - 1, 2)));
        Assert.Throws<DicomException>(() => file.DataSet.ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        using var copy = new MemoryStream();
        var writer = new DicomWriter(copy, TransferSyntax.ExplicitVrLittleEndian);
        writer.Write(file.DataSet, file.Handle);
        writer.Flush();
        Assert.Equal(stream.ToArray()[(int)file.DataSetOffset..], copy.ToArray());
    }

    [Fact]
    public void What_is_no_DICOM_file_is_told_so()
    {
        using var empty = new TempFile();
        using var text = new TempFile(new byte[200]);
        using var noSyntax = new TempFile([.. new byte[128], .. "DICM"u8]);

        Assert.Contains("not a DICOM file", Assert.Throws<DicomFormatException>(() => Part10File.Open(empty.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<DicomFormatException>(() => Part10File.Open(text.Path));
        Assert.Contains("transfer syntax", Assert.Throws<DicomFormatException>(() => Part10File.Open(noSyntax.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Part10File.Open(empty.Path + ".none"));
    }

    [Fact]
    public void Every_prefix_of_a_file_is_an_error_or_a_shorter_data_set()
    {
        var whole = WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]);
        using var temp = new TempFile();
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(temp.Path, whole[..length]);
            try
            {
                using var file = Part10File.Open(temp.Path);
                Assert.True(length >= file.DataSetOffset);
            }
            catch (DicomFormatException error)
            {
                Assert.InRange(error.Offset, 0, Math.Max(length, 128));
            }
        }
    }

    [Fact]
    public void Folder_lists_its_DICOM_files()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = WsiFile.WithFragments(1, [], [WsiFile.Frame(1)]);
            Directory.CreateDirectory(Path.Join(folder.FullName, "b"));
            File.WriteAllBytes(Path.Join(folder.FullName, "b", "1"), file);
            File.WriteAllBytes(Path.Join(folder.FullName, "a.dcm"), file);
            File.WriteAllBytes(Path.Join(folder.FullName, "DICOMDIR"), file);
            File.WriteAllText(Path.Join(folder.FullName, "readme.txt"), "no");

            Assert.Equal(["a.dcm", "b/1"], Part10File.List(folder.FullName).Select(p => Path.GetRelativePath(folder.FullName, p)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("camelyon16-level.dcm")]
    [InlineData("dicom-wsi2dcm")]
    public void Real_slides_have_an_index_that_fills_their_Pixel_Data(string name)
    {
        var path = RealSlides.Path(name);
        foreach (var slide in Directory.Exists(path) ? Part10File.List(path) : [path])
        {
            using var file = Part10File.Open(slide);
            var index = file.BuildFrameIndex();

            Assert.Empty(index.Warnings);
            Assert.Equal(file.DataSet.GetInt32(Tags.NumberOfFrames) ?? 1, index.Count);
            for (var i = 0; i < index.Count; i++) Assert.Equal([0xFF, 0xD8], file.ReadBytes(new FileRange(index[i].Offset, 2)));
            Assert.Equal(Uids.VLWholeSlideMicroscopyImageStorage, file.DataSet.GetString(Tags.SOPClassUID));
        }
    }

    private static byte[] Deflated(byte[] dataSet)
    {
        using var stream = new MemoryStream();
        stream.Write(Part10File.BuildHeader("1.2", "1.3", TransferSyntax.DeflatedExplicitVrLittleEndian.Uid));
        using (var deflate = new DeflateStream(stream, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(dataSet);
        return stream.ToArray();
    }
}
