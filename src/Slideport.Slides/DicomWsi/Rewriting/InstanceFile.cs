using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Files;
using Slideport.Slides.Deidentification;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// Writes an instance whose attributes were changed and whose frames were not: preamble and file meta information, attributes, offset table,
/// frames. On stable storage when it returns.
/// </summary>
internal static class InstanceFile
{
    private const int BufferBytes = 1 << 20;
    private const int ItemHeaderBytes = 8;
    private const string RunLengths = "1.2.840.10008.1.2.5"; // RLE Lossless has no place for words

    /// <summary>Writes a file, which must not exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="set">All attributes but Pixel Data and its offset tables.</param>
    /// <param name="source">The instance that values left in its file are copied from, and whose encoding is kept.</param>
    /// <param name="plan">The frames.</param>
    /// <param name="groups">Writes the items of Per-Frame Functional Groups (5200,9230); null where there are none.</param>
    /// <param name="cancellationToken">Ends the work; what was written stays, and is the caller's to remove.</param>
    /// <param name="withoutWords">Whether frames are to hold no words: comments are blanked in place, see <see cref="FrameWords"/>.</param>
    /// <exception cref="SlideException">A frame is longer than any can be, or an instance's file ends inside one.</exception>
    /// <exception cref="Slideport.Dicom.DicomException">An attribute cannot be written as it is, or a frame not be searched for words.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static void Write(
        string path, DicomDataSet set, WsiInstance source, FramePlan plan, Action<DicomWriter>? groups, CancellationToken cancellationToken, bool withoutWords = false)
    {
        var syntax = source.TransferSyntax;
        var pixels = source.File.PixelData ?? throw new ArgumentException("An instance without Pixel Data has no frames.", nameof(source));
        using var file = DurableFile.CreateNew(path);
        using var stream = new FileStream(file, FileAccess.Write, BufferBytes);
        stream.Write(Part10File.BuildHeader(set.GetString(Tags.SOPClassUID) ?? "", set.GetString(Tags.SOPInstanceUID) ?? "", syntax.Uid));
        var output = new DicomWriter(stream, syntax);
        WriteAttributes(output, set, source, groups);
        if (pixels.IsEncapsulated)
        {
            var frames = WriteEncapsulated(output, plan, stream, cancellationToken);
            stream.Flush();
            if (withoutWords && syntax.Uid != RunLengths) BlankWords(file, frames, plan, cancellationToken);
        }
        else WriteNative(output, pixels.Vr, plan, stream, cancellationToken);
        stream.Flush();
        DurableFile.Flush(file);
    }

    /// <summary>Bytes of native Pixel Data without padding; more than a value can have where the frames do not fit (PS3.5 7.1).</summary>
    public static long NativeBytes(FramePlan plan)
    {
        long total = 0;
        for (var frame = 0; frame < plan.Count; frame++) total += plan.LengthOf(frame);
        return total;
    }

    private static void WriteAttributes(DicomWriter output, DicomDataSet set, WsiInstance source, Action<DicomWriter>? groups)
    {
        if (groups is null)
        {
            output.Write(set, source.File.Handle);
            return;
        }

        var tag = Tags.PerFrameFunctionalGroupsSequence;
        output.Write(set.Copy((from, element, _) => !ReferenceEquals(from, set) || element.Tag < tag), source.File.Handle);
        output.StartSequence(tag);
        groups(output);
        output.EndSequence();
        output.Write(set.Copy((from, element, _) => !ReferenceEquals(from, set) || tag < element.Tag), source.File.Handle);
    }

    // Every frame is one item behind the other.
    private static void BlankWords(SafeFileHandle file, long frames, FramePlan plan, CancellationToken cancellationToken)
    {
        var (at, buffer, words) = (frames, Array.Empty<byte>(), new List<FileRange>());
        for (var frame = 0; frame < plan.Count; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = (int)plan.LengthOf(frame);
            if (buffer.Length < length) buffer = new byte[length];
            var bytes = buffer.AsSpan(0, RandomAccess.Read(file, buffer.AsSpan(0, length), at + ItemHeaderBytes));
            if (!FrameWords.TryFind(bytes, words))
                throw new DicomFormatException(FormattableString.Invariant($"Frame {frame + 1} is coded so that it cannot be searched for words"), at);
            foreach (var range in words)
            {
                var place = bytes.Slice((int)range.Offset, (int)range.Length);
                if (!place.ContainsAnyExcept((byte)0)) continue;
                place.Clear();
                RandomAccess.Write(file, place, at + ItemHeaderBytes + range.Offset);
            }

            at += ItemHeaderBytes + length + (length % 2);
        }
    }

    // Where the first frame's item begins.
    private static long WriteEncapsulated(DicomWriter output, FramePlan plan, FileStream stream, CancellationToken cancellationToken)
    {
        var lengths = new long[plan.Count];
        for (var frame = 0; frame < lengths.Length; frame++)
        {
            lengths[frame] = plan.LengthOf(frame);
            if (lengths[frame] > Array.MaxLength) throw new SlideException(FormattableString.Invariant($"A frame of {lengths[frame]} bytes is too long"));
        }

        // It writes the tables and the header; the frames then go past it.
        _ = new EncapsulatedPixelDataWriter(output, lengths);
        output.Flush();
        var frames = stream.Position;
        new FrameCopy(plan, isEncapsulated: true, stream).Run(cancellationToken);
        output.EndFragments();
        output.Flush();
        return frames;
    }

    private static void WriteNative(DicomWriter output, Vr vr, FramePlan plan, FileStream stream, CancellationToken cancellationToken)
    {
        var total = NativeBytes(plan);
        output.WriteHeader(Tags.PixelData, vr, total + total % 2);
        output.Flush();
        new FrameCopy(plan, isEncapsulated: false, stream).Run(cancellationToken);
        if (total % 2 != 0) stream.WriteByte(0);
    }
}
