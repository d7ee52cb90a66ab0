using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>A level copied while it arrives makes the file that it makes when it is whole.</summary>
public sealed class PixelsAheadTests : IDisposable
{
    private const int Step = 3 << 20;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_copied_while_it_arrived_is_not_copied_again()
    {
        long before = 0;
        using var slide = new AssembledSlide(_folder, [Large()], append: (a, i) =>
        {
            Arrive(a, i[0], i[0].File.Source.Length);
            before = a.Position;
            a.Append(i[0]);
        });

        var bytes = Large().Frames.Sum(f => (long)f.Length);
        Assert.InRange(before, bytes - Step, bytes + (64 << 10));
        Assert.InRange(slide.Report.Bytes, bytes, bytes + (64 << 10));
        Assert.Equal(Large().Frames, slide.Tiles());
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void What_stopped_arriving_leaves_no_bytes_behind()
    {
        using var whole = new AssembledSlide(_folder, [Large()]);
        using var stray = Large().With(Tags.SOPInstanceUID, "1.99").Open(_folder);

        using var slide = new AssembledSlide(_folder, [Large()], append: (a, i) =>
        {
            Arrive(a, stray, stray.File.Source.Length / 2);
            a.Append(i[0]);
        });

        Assert.Equal(whole.Report.Bytes, slide.Report.Bytes);
        Assert.Equal(whole.Tiles(), slide.Tiles());
    }

    [Fact]
    public void Another_instance_in_between_costs_a_copy_and_no_tile()
    {
        using var slide = new AssembledSlide(_folder, [Large(), Other()], append: (a, i) =>
        {
            Arrive(a, i[0], i[0].File.Source.Length / 2);
            a.Append(i[1]);
            Arrive(a, i[0], i[0].File.Source.Length);
            a.Append(i[0]);
        });

        Assert.Equal(Large().Frames, slide.Tiles());
        Assert.Equal(Other().Frames, slide.Tiles(1));
        Assert.True(slide.Verify().IsFaithful);
    }

    [Fact]
    public void Frames_in_fragments_wait_until_they_can_be_joined()
    {
        using var slide = new AssembledSlide(_folder, [Fragmented()], append: (a, i) =>
        {
            Assert.False(Arrive(a, i[0], i[0].File.Source.Length));
            a.Append(i[0]);
        });

        Assert.Equal(Large().Frames, slide.Tiles());
        Assert.True(slide.Verify().IsFaithful);

        static TestInstance Fragmented()
        {
            var made = Large();
            made.FragmentsPerFrame = 2;
            return made;
        }
    }

    [Fact]
    public void What_must_be_rewritten_or_may_be_dropped_waits_until_it_is_whole()
    {
        using var rgb = Large().With(Tags.PhotometricInterpretation, "RGB").Open(_folder); // says so, but its frames do not
        using var label = Large("LABEL").Open(_folder);
        using var native = new TestInstance(32, 16).Native(new byte[768], new byte[768]).Open(_folder);
        using var assembly = SvsAssembly.Create(_folder["waits.svs"]);

        Assert.False(Arrive(assembly, label, label.File.Source.Length));
        Assert.False(assembly.AppendArrived(native, TestContext.Current.CancellationToken));
        Assert.Equal(16, assembly.Position);
        Assert.True(Arrive(assembly, rgb, rgb.File.Source.Length));
    }

    // Gives what is there of an instance, again and again, up to so many bytes.
    private static bool Arrive(SvsAssembly assembly, WsiInstance whole, long bytes)
    {
        var isAhead = false;
        for (long there = Step; there <= bytes; there += Step)
        {
            using var instance = WsiInstance.Open(whole.Path, new Beginning(whole.File.Handle, there));
            isAhead = assembly.AppendArrived(instance, TestContext.Current.CancellationToken);
        }

        return isAhead;
    }

    private static TestInstance Large(string flavor = "VOLUME") => Padded(new TestInstance(2112, 32, flavor: flavor).With(Tags.SOPInstanceUID, "1.7"));

    private static TestInstance Other() => new TestInstance(1056, 16).With(Tags.SOPInstanceUID, "1.8");

    // Some 17 MB: many coded bytes before each frame's end marker.
    private static TestInstance Padded(TestInstance made)
    {
        for (var i = 0; i < made.Frames.Count; i++)
            made.Frames[i] = [.. made.Frames[i][..^2], .. Enumerable.Repeat((byte)(i % 200), 65536), .. made.Frames[i][^2..]];
        return made;
    }

    /// <summary>A file of which only so much is there.</summary>
    private sealed class Beginning(SafeFileHandle file, long bytes) : ByteSource
    {
        public override long Length => bytes;

        public override SafeFileHandle Handle => file;

        public override int Read(Span<byte> buffer, long offset) =>
            offset >= bytes ? 0 : RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, bytes - offset)], offset);

        protected override void Dispose(bool isDisposing)
        {
        }
    }
}
