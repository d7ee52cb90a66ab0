using System.IO.Compression;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Slides.DicomWsi;

namespace Slideport.Slides.Tests.DicomWsi;

/// <summary>
/// What one instance says, and each way in which its attributes can be wrong (rows D11 to D13, D19 to D21 of the bad-input catalogue).
/// </summary>
public sealed class WsiInstanceTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<WsiInstance> _open = [];

    public void Dispose()
    {
        _open.ForEach(i => i.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Sound_instance_has_geometry_frames_and_no_defect()
    {
        var instance = Open(new TestInstance(40, 20));

        Assert.Null(instance.Defect);
        Assert.Equal(new WsiGeometry(40, 20, 16, 16), instance.Geometry);
        Assert.Equal((6, WsiFlavor.Volume, WsiTiling.Full), (instance.FrameCount, instance.Flavor, instance.Tiling));
        Assert.Equal((0.0005, 0.0005), instance.PixelSpacing);
    }

    [Fact]
    public void Positions_come_from_the_functional_groups_even_of_what_calls_itself_3D()
    {
        var made = new TestInstance(32, 32).Sparse(3, 1, 0, 2).With(Tags.DimensionOrganizationType, "3D");

        var instance = Open(made);

        Assert.Equal(WsiTiling.Sparse, instance.Tiling);
        Assert.Equal([(17, 17), (17, 1), (1, 1), (1, 17)], Enumerable.Range(0, 4).Select(i => instance.Positions![i]));
    }

    [Fact]
    public void Functional_groups_are_not_kept_as_data_sets()
    {
        var instance = Open(new TestInstance(32, 32).Sparse(0, 1, 2, 3));

        Assert.False(instance.File.DataSet.Contains(Tags.PerFrameFunctionalGroupsSequence));
    }

    [Fact]
    public void Frames_without_positions_are_taken_in_order_whatever_the_type_is_called()
    {
        Assert.Equal(WsiTiling.Full, Open(new TestInstance(32, 32).Without(Tags.DimensionOrganizationType)).Tiling);
    }

    [Theory]
    [InlineData(nameof(Tags.Columns), 0)]
    [InlineData(nameof(Tags.Rows), 0)]
    [InlineData(nameof(Tags.TotalPixelMatrixColumns), 0)]
    [InlineData(nameof(Tags.TotalPixelMatrixRows), 0)]
    [InlineData(nameof(Tags.TotalPixelMatrixRows), 0x80000000)]
    [InlineData(nameof(Tags.TotalPixelMatrixColumns), 0xFFFFFFFF)]
    [InlineData(nameof(Tags.SamplesPerPixel), 4)]
    [InlineData(nameof(Tags.BitsAllocated), 16)]
    [InlineData(nameof(Tags.HighBit), 8)]
    [InlineData(nameof(Tags.BitsStored), 12)]
    [InlineData(nameof(Tags.PixelRepresentation), 1)]
    public void Impossible_number_is_a_defect_that_names_the_attribute(string keyword, long value)
    {
        var tag = DicomDictionary.FindKeyword(keyword)!.Value.Tag;

        Assert.Equal(keyword, Open(new TestInstance(40, 20).With(tag, value)).Defect?.Attribute);
    }

    [Fact]
    public void More_tiles_than_can_be_are_a_defect_and_no_allocation()
    {
        var made = new TestInstance(40, 20).With(Tags.TotalPixelMatrixColumns, int.MaxValue).With(Tags.TotalPixelMatrixRows, int.MaxValue)
            .With(Tags.Rows, 1).With(Tags.Columns, 1);

        Assert.Equal("TotalPixelMatrixColumns", Open(made).Defect?.Attribute);
    }

    [Fact]
    public void Rows_of_another_vr_are_read_all_the_same()
    {
        var made = new TestInstance(40, 20);
        made.Set.Set(Tags.Rows, Vr.UL, 16);

        Assert.Null(Open(made).Defect);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2147483648")]
    [InlineData("5")]
    [InlineData("7")]
    public void Wrong_number_of_frames_is_a_defect(string count) =>
        Assert.Equal("NumberOfFrames", Open(new TestInstance(40, 20).With(Tags.NumberOfFrames, count)).Defect?.Attribute);

    [Fact]
    public void Number_of_frames_that_is_no_number_is_a_defect()
    {
        var made = new TestInstance(40, 20);
        made.Set.Set(Tags.NumberOfFrames, Vr.IS, "abc"u8.ToArray());

        Assert.Equal("NumberOfFrames", Open(made).Defect?.Attribute);
    }

    [Fact]
    public void Absent_number_of_frames_means_one()
    {
        var made = new TestInstance(16, 16);
        var path = made.Write(_folder["one.dcm"]);
        made.Without(Tags.NumberOfFrames);
        using (var output = File.Create(path)) Part10File.Write(output, made.Set, made.Syntax);

        var instance = WsiInstance.Open(path);
        _open.Add(instance);
        Assert.Equal((1, null), (instance.FrameCount, instance.Defect));
    }

    [Theory]
    [InlineData("DERIVED")]
    [InlineData("DERIVED", "PRIMARY")]
    public void Image_type_without_a_third_value_is_a_defect(params string[] values) =>
        Assert.Equal("ImageType", Open(new TestInstance(40, 20).With(Tags.ImageType, values)).Defect?.Attribute);

    [Fact]
    public void Absent_image_type_is_a_defect_and_an_unknown_one_is_not()
    {
        Assert.Equal("ImageType", Open(new TestInstance(40, 20).Without(Tags.ImageType)).Defect?.Attribute);

        var localizer = Open(new TestInstance(40, 20, flavor: "LOCALIZER"));
        Assert.Equal((WsiFlavor.Other, null), (localizer.Flavor, localizer.Defect));
    }

    [Fact]
    public void Missing_total_pixel_matrix_is_a_defect_unless_there_is_one_frame()
    {
        var several = new TestInstance(40, 20).Without(Tags.TotalPixelMatrixColumns).Without(Tags.TotalPixelMatrixRows);
        var one = new TestInstance(16, 16, flavor: "LABEL").Without(Tags.TotalPixelMatrixColumns).Without(Tags.TotalPixelMatrixRows);

        Assert.Equal("TotalPixelMatrixColumns", Open(several).Defect?.Attribute);
        Assert.Equal(new WsiGeometry(16, 16, 16, 16), Open(one).Geometry);
    }

    [Fact]
    public void Single_frame_of_a_label_overrules_its_total_pixel_matrix()
    {
        var label = new TestInstance(16, 16, flavor: "LABEL").With(Tags.TotalPixelMatrixColumns, 50000)
            .With(Tags.TotalPixelMatrixRows, 40000);

        var instance = Open(label);

        Assert.Equal(new WsiGeometry(16, 16, 16, 16), instance.Geometry);
        Assert.Contains(instance.Warnings, w => w.Contains("50000x40000", StringComparison.Ordinal));
    }

    [Fact]
    public void Fewer_positions_than_frames_are_a_defect()
    {
        var made = new TestInstance(32, 32).At((1, 1), (17, 1), (1, 17));

        Assert.Equal("PerFrameFunctionalGroupsSequence", Open(made).Defect?.Attribute);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 33)]
    [InlineData(-2147483648, 1)]
    [InlineData(2147483647, 2147483647)]
    [InlineData(17, 1)]
    public void Frame_off_the_grid_outside_or_on_anothers_tile_stands_in_the_way(int column, int row)
    {
        var instance = Open(new TestInstance(32, 32).At((1, 1), (17, 1), (1, 17), (column, row)));

        var level = new DicomLevel([instance], [0]);

        Assert.Equal("RowPositionInTotalImagePixelMatrix", level.Map()?.Attribute);
    }

    [Fact]
    public void Missing_tile_of_a_sparse_level_is_a_hole()
    {
        var level = new DicomLevel([Open(new TestInstance(32, 32).Sparse(3, 0, 1))], [0]);

        Assert.Null(level.Map());
        Assert.Equal([(0, 1), (0, 2), (-1, -1), (0, 0)], Enumerable.Range(0, 4).Select(level.Locate));
    }

    [Fact]
    public void Missing_pixels_are_a_defect() =>
        Assert.Equal("PixelData", Open(new TestInstance(16, 16) { Frames = [] }.With(Tags.NumberOfFrames, "1")).Defect?.Attribute);

    [Fact]
    public void Deflated_data_set_is_a_defect_since_its_frames_have_no_place_in_the_file()
    {
        var made = new TestInstance(16, 16).With(Tags.NumberOfFrames, "1");
        var path = _folder["deflated.dcm"];
        using (var output = File.Create(path))
        {
            output.Write(
                Part10File.BuildHeader(
                    Uids.VLWholeSlideMicroscopyImageStorage, made.Uid, TransferSyntax.DeflatedExplicitVrLittleEndian.Uid));
            using var deflated = new DeflateStream(output, CompressionLevel.Fastest);
            deflated.Write(made.Set.ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        }

        var instance = WsiInstance.Open(path);
        _open.Add(instance);
        Assert.Equal("TransferSyntaxUID", instance.Defect?.Attribute);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5)]
    public void Impossible_spacing_falls_back_to_the_imaged_volume(double spacing)
    {
        var made = new TestInstance(40, 20);
        made.Set.Set(Tags.SharedFunctionalGroupsSequence, new DicomDataSet().Set(
            Tags.PixelMeasuresSequence, new DicomDataSet().Set(Tags.PixelSpacing, spacing, spacing)));
        made.Set.Set(Tags.ImagedVolumeWidth, 8.0).Set(Tags.ImagedVolumeHeight, 2.0);

        Assert.Equal((0.2, 0.1), Open(made).PixelSpacing);
    }

    [Fact]
    public void Every_prefix_of_a_file_opens_or_is_refused_but_never_crashes()
    {
        var bytes = File.ReadAllBytes(new TestInstance(32, 32).Sparse(3, 1, 0, 2).Write(_folder["whole.dcm"]));
        for (var length = 0; length < bytes.Length; length += length < 1500 ? 1 : 41)
        {
            var path = _folder.Write("prefix.dcm", bytes.AsSpan(0, length));
            try
            {
                using var instance = WsiInstance.Open(path);
                if (instance.Defect is null) _ = instance.Frames;
            }
            catch (DicomException)
            {
                // Told what is wrong with the bytes.
            }
        }
    }

    private WsiInstance Open(TestInstance made)
    {
        var instance = made.Open(_folder);
        _open.Add(instance);
        return instance;
    }
}
