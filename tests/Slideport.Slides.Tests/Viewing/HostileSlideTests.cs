using Slideport.Dicom;
using Slideport.Slides.Tests.DicomWsi;
using Slideport.Slides.Tests.Interop;
using Slideport.Slides.Tiff;
using Slideport.Slides.Viewing;

namespace Slideport.Slides.Tests.Viewing;

/// <summary>Slides of which something is not as it should be, opened for looking at: refused with a reason, or shown as far as they can be.</summary>
public sealed class HostileSlideTests(WrittenSlides slides) : IDisposable
{
    private static readonly byte[] Values = [0, 1, 0x7F, 0x80, 0xFF];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sparse 4:2:0")]
    [InlineData("JPEG 2000 RGB")]
    public void Every_byte_of_every_field_of_an_SVS_changed(string name)
    {
        var whole = File.ReadAllBytes(slides.Get(SvsFixture.Find(name)).Path);
        const int EntryBytes = 20; // of a BigTIFF: tag, type, count, value
        var read = 0;
        foreach (var directory in TiffFile.Read(whole).Directories)
        {
            for (var at = (int)directory.Offset; at < directory.Offset + 8 + EntryBytes * directory.Entries.Count + 8; at++)
                read += Values.Count(value => Look(Changed(whole, at, value)));
        }

        Assert.True(read > 0); // and some of them can be looked at
    }

    [Fact]
    public void Every_byte_of_a_DICOM_header_changed()
    {
        var level = new TestInstance(48, 32).Sparse(0, 1, 4);
        var whole = File.ReadAllBytes(level.Write(_folder["level.dcm"]));
        var pixels = whole.Length - level.Frames.Sum(f => f.Length + 9);

        Assert.True(Enumerable.Range(128, pixels - 128).Sum(at => Values.Count(value => Look(Changed(whole, at, value)))) > 0);
    }

    [Fact]
    public void A_slide_cut_anywhere()
    {
        var svs = File.ReadAllBytes(slides.Get(SvsFixture.Find("one tile")).Path);
        var dicom = File.ReadAllBytes(new TestInstance(48, 32).Write(_folder["level.dcm"]));
        foreach (var whole in (byte[][])[svs, dicom])
        {
            for (var length = 0; length < whole.Length; length += Math.Max(1, whole.Length / 500))
                Look(whole[..length]);
        }
    }

    [Fact]
    public void A_level_of_very_many_tiles_that_are_not_there_costs_what_its_frames_cost()
    {
        var level = new TestInstance(16, 16);
        level.At((1, 1));
        level.With(Dicom.Dictionary.Tags.TotalPixelMatrixColumns, 16 << 13).With(Dicom.Dictionary.Tags.TotalPixelMatrixRows, 16 << 13);
        var whole = File.ReadAllBytes(level.Write(_folder["level.dcm"]));

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(Look(whole));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private static byte[] Changed(byte[] whole, int at, byte value)
    {
        var changed = whole.ToArray();
        changed[at] = value;
        return changed;
    }

    /// <summary>Reads some tiles of each level; false where it is refused.</summary>
    private static bool Look(byte[] bytes)
    {
        try
        {
            using var source = SlideSource.Open("slide", [("slide", ByteSource.Of(bytes))]);
            foreach (var slide in source.Slides)
            {
                foreach (var view in new SlideView(slide).Levels)
                {
                    for (var row = 0; row < Math.Min(3, view.Level.TilesDown); row++)
                        view.Read(0, row).Dispose();
                }
            }

            return true;
        }
        catch (Exception e) when (e is SlideException or DicomException)
        {
            return false;
        }
    }
}
