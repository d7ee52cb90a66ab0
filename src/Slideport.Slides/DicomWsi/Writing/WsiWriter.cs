using System.Globalization;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Files;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// Writes the instances of one slide as DICOM files (PS3.10), each in one forward pass: lengths of frames are known beforehand, so offset
/// tables come out right at once, and pixel data passes through one buffer. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// A file: preamble and file meta information; attributes; Optical Path Sequence around the ICC profile; attributes; Per-Frame Functional
/// Groups unless TILED_FULL; Extended Offset Table if the frames need more than 4 GiB; Pixel Data.
/// </remarks>
public sealed class WsiWriter
{
    private const int ItemHeaderBytes = 8;
    private const int BufferBytes = 1 << 20;

    private readonly string _folder;
    private readonly WsiSeriesDescription _series;
    private readonly WsiWriterOptions _options;
    private readonly Dictionary<string, int> _names = [];
    private byte[] _buffer = [];
    private int _instances;

    /// <summary>A writer of one series.</summary>
    /// <param name="folder">Where the files go; must exist.</param>
    /// <param name="series">What all instances share.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    public WsiWriter(string folder, WsiSeriesDescription series, WsiWriterOptions? options = null) =>
        (_folder, _series, _options) = (folder, series, options ?? new WsiWriterOptions());

    /// <summary>
    /// Writes one picture: one file, or several where the options' limits ask for a concatenation. Files get their names when they are complete.
    /// </summary>
    /// <returns>Paths of the files, in the order of frames.</returns>
    /// <exception cref="SlideException">A tile is missing that the layout needs, or a tile is not like the others.</exception>
    /// <exception cref="IOException">Reading or writing failed, or a file of that name exists.</exception>
    public IReadOnlyList<string> Write(WsiImageDescription image, CancellationToken cancellationToken = default)
    {
        if (image.Frames.Count != (long)image.TilesAcross * image.TilesDown)
            throw new ArgumentException($"{image.TilesAcross} x {image.TilesDown} tiles are needed, not {image.Frames.Count}.", nameof(image));

        var layout = image.Flavor == WsiImageFlavor.Volume ? _options.Layout : DicomLayout.Full;
        var order = FrameOrder.Of(image, layout);
        long compressed = 0;
        for (var frame = 0; frame < order.Count; frame++) compressed += image.Frames.LengthOf(order.TileOf(frame));

        var name = NameOf(image.Flavor);
        var paths = new List<string>();
        foreach (var part in Split(image, order))
        {
            var suffix = part.Concatenation is { } c ? string.Create(CultureInfo.InvariantCulture, $"-part-{c.Number}") : "";
            var path = Path.Join(_folder, name + suffix + ".dcm");
            WriteNamed(path, temporary => WritePart(temporary, image, layout, order, part, compressed, cancellationToken));
            paths.Add(path);
        }

        return paths;
    }

    /// <summary>Frames to parts: as many as the limits allow in each, at least one.</summary>
    private List<WsiPart> Split(WsiImageDescription image, FrameOrder order)
    {
        var counts = new List<int>();
        var (count, bytes) = (0, 0L);
        for (var frame = 0; frame < order.Count; frame++)
        {
            var length = PaddedLength(image, order.TileOf(frame)) + ItemHeaderBytes;
            if (count > 0 && (count == _options.MaxFramesPerInstance || bytes + length > _options.MaxBytesPerInstance))
            {
                counts.Add(count);
                (count, bytes) = (0, 0);
            }

            count++;
            bytes += length;
        }

        counts.Add(count);
        if (counts.Count == 1) return [new WsiPart(_options.NewUid(), ++_instances, 0, count, null)];

        var (uid, sourceUid) = (_options.NewUid(), _options.NewUid());
        var parts = new List<WsiPart>();
        var first = 0;
        foreach (var frames in counts)
        {
            var place = new WsiConcatenation(uid, sourceUid, parts.Count + 1, counts.Count);
            parts.Add(new WsiPart(_options.NewUid(), ++_instances, first, frames, place));
            first += frames;
        }

        return parts;
    }

    private void WritePart(
        string path, WsiImageDescription image, DicomLayout layout, FrameOrder order, WsiPart part, long compressedBytes,
        CancellationToken cancellationToken)
    {
        var sets = new WsiDataSets(_series, image, layout, part);
        var syntax = image.Coding.TransferSyntax;
        using var file = DurableFile.CreateNew(path);
        using var stream = new FileStream(file, FileAccess.Write, BufferBytes);
        stream.Write(Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, part.SopInstanceUid, syntax.Uid));
        var output = new DicomWriter(stream, TransferSyntax.ExplicitVrLittleEndian);
        WriteAttributes(output, sets, compressedBytes, cancellationToken);
        if (layout != DicomLayout.Full) new PerFrameGroups(image, sets.Origin).Write(output, order, part, cancellationToken);
        if (syntax.IsEncapsulated) WriteEncapsulated(output, image.Frames, order, part, cancellationToken);
        else WriteNative(output, image.Frames, order, part, cancellationToken);
        output.Flush();
        stream.Flush();
        if (_options.Flush) DurableFile.Flush(file);
    }

    /// <summary>The attributes around the profile, which is copied from file to file.</summary>
    private void WriteAttributes(DicomWriter output, WsiDataSets sets, long compressedBytes, CancellationToken cancellationToken)
    {
        sets.WriteBeforeProfile(output, compressedBytes, _options.TimeProvider.GetUtcNow());
        if (sets.ProfileInFile is { } icc) CopyProfile(output, icc, cancellationToken);
        else if (sets.HasColors) output.WriteElement(Tags.ICCProfile, Vr.OB, SrgbProfile.Bytes.Span);
        sets.WriteBehindProfile(output);
    }

    private void CopyProfile(DicomWriter output, WsiIccProfile icc, CancellationToken cancellationToken)
    {
        output.WriteHeader(Tags.ICCProfile, Vr.OB, icc.Range.Length + icc.Range.Length % 2);
        var buffer = Buffer(BufferBytes);
        for (long done = 0; done < icc.Range.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var want = (int)Math.Min(buffer.Length, icc.Range.Length - done);
            var read = icc.Source.Read(buffer.AsSpan(0, want), icc.Range.Offset + done);
            if (read == 0) throw new EndOfStreamException("The ICC profile reaches beyond the end of its file.");
            output.WriteRaw(buffer.AsSpan(0, read));
            done += read;
        }

        if (icc.Range.Length % 2 != 0) output.WriteRaw([0]);
    }

    private void WriteEncapsulated(DicomWriter output, IFrameSource frames, FrameOrder order, WsiPart part, CancellationToken cancellationToken)
    {
        var lengths = new long[part.FrameCount];
        for (var i = 0; i < lengths.Length; i++) lengths[i] = frames.LengthOf(order.TileOf(part.FirstFrame + i));
        var pixels = new EncapsulatedPixelDataWriter(output, lengths, _options.OffsetTable);
        for (var i = 0; i < lengths.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var frame = Buffer((int)lengths[i]).AsSpan(0, (int)lengths[i]);
            frames.Read(order.TileOf(part.FirstFrame + i), frame);
            pixels.WriteFrame(frame);
        }

        pixels.Finish();
    }

    private void WriteNative(DicomWriter output, IFrameSource frames, FrameOrder order, WsiPart part, CancellationToken cancellationToken)
    {
        long total = 0;
        for (var i = 0; i < part.FrameCount; i++) total += frames.LengthOf(order.TileOf(part.FirstFrame + i));
        if (total >= uint.MaxValue - 1) throw new SlideException("Uncompressed pixel data of 4 GiB or more needs a concatenation; limit the bytes per instance");

        output.WriteHeader(Tags.PixelData, Vr.OB, total + total % 2);
        for (var i = 0; i < part.FrameCount; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tile = order.TileOf(part.FirstFrame + i);
            var frame = Buffer(frames.LengthOf(tile)).AsSpan(0, frames.LengthOf(tile));
            frames.Read(tile, frame);
            output.WriteRaw(frame);
        }

        if (total % 2 != 0) output.WriteRaw([0]);
    }

    /// <summary>One buffer for all frames, as long as the longest so far.</summary>
    private byte[] Buffer(int length)
    {
        if (_buffer.Length < length) _buffer = new byte[Math.Max(length, 2L * _buffer.Length <= Array.MaxLength ? 2 * _buffer.Length : length)];
        return _buffer;
    }

    private static long PaddedLength(WsiImageDescription image, int tile)
    {
        var length = image.Frames.LengthOf(tile);
        return (long)length + length % 2;
    }

    /// <summary>level-0, level-1, ..., thumbnail, label, overview.</summary>
    private string NameOf(WsiImageFlavor flavor)
    {
        var name = flavor switch
        {
            WsiImageFlavor.Volume => "level",
            WsiImageFlavor.Thumbnail => "thumbnail",
            WsiImageFlavor.Label => "label",
            _ => "overview",
        };
        var count = _names.GetValueOrDefault(name);
        _names[name] = count + 1;
        return flavor == WsiImageFlavor.Volume || count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{name}-{count}") : name;
    }

    /// <summary>Nobody sees half a file under a name that says it is one.</summary>
    private static void WriteNamed(string path, Action<string> write)
    {
        var temporary = path + ".part";
        File.Delete(temporary);
        try
        {
            write(temporary);
            if (!DurableFile.TryRename(temporary, path)) throw new IOException($"{path} exists already.");
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
