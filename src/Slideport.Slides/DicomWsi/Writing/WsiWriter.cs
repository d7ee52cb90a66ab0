using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
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

    private readonly string _folder;
    private readonly WsiSeriesDescription _series;
    private readonly WsiWriterOptions _options;
    private readonly Dictionary<string, int> _names = [];
    private byte[] _spare = [];
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
        using var output = new WsiOutput(path);
        output.Write(FileMeta(part.SopInstanceUid, image.Coding.TransferSyntax));
        output.Write(sets.BeforeOpticalPath(compressedBytes, _options.TimeProvider.GetUtcNow()).ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        WriteOpticalPath(output, sets, image.Flavor, cancellationToken);
        output.Write(sets.AfterOpticalPath().ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        if (layout != DicomLayout.Full) new PerFrameGroups(image, sets.Origin).Write(output, order, part, cancellationToken);
        if (image.Coding.TransferSyntax.IsEncapsulated) WriteEncapsulated(output, image, order, part, cancellationToken);
        else WriteNative(output, image, order, part, cancellationToken);
        output.Finish(_options.Flush);
    }

    /// <summary>Sequence and item of undefined length around the profile (PS3.5 7.5.1), which is copied from file to file.</summary>
    private void WriteOpticalPath(WsiOutput output, WsiDataSets sets, WsiImageFlavor flavor, CancellationToken cancellationToken)
    {
        var (before, after) = sets.OpticalPath();
        WriteElementHeader(output, Tags.OpticalPathSequence, "SQ"u8, uint.MaxValue);
        WriteElementHeader(output, Tags.Item, [], uint.MaxValue);
        output.Write(before.ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        if (_series.IccProfile is { } icc && flavor is WsiImageFlavor.Volume or WsiImageFlavor.Thumbnail)
        {
            WriteElementHeader(output, Tags.ICCProfile, "OB"u8, checked((uint)(icc.Range.Length + icc.Range.Length % 2)));
            output.Copy(icc.File, icc.Range, cancellationToken);
            if (icc.Range.Length % 2 != 0) output.Write([0]);
        }
        else
        {
            WriteElementHeader(output, Tags.ICCProfile, "OB"u8, (uint)SrgbProfile.Bytes.Length);
            output.Write(SrgbProfile.Bytes.Span);
        }

        output.Write(after.ToBytes(TransferSyntax.ExplicitVrLittleEndian));
        WriteElementHeader(output, Tags.ItemDelimitationItem, [], 0);
        WriteElementHeader(output, Tags.SequenceDelimitationItem, [], 0);
    }

    /// <summary>
    /// One fragment for each frame behind a Basic Offset Table; behind an empty one and an Extended Offset Table where 32 bits do not reach
    /// (PS3.5 A.4, PS3.3 C.7.6.3.1.8).
    /// </summary>
    private void WriteEncapsulated(
        WsiOutput output, WsiImageDescription image, FrameOrder order, WsiPart part, CancellationToken cancellationToken)
    {
        var offsets = new long[part.FrameCount];
        long next = 0;
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = next;
            next += PaddedLength(image, order.TileOf(part.FirstFrame + i)) + ItemHeaderBytes;
        }

        var isExtended = offsets[^1] > _options.MaxBasicOffset;
        if (isExtended) WriteExtendedOffsetTable(output, image, order, part, offsets);
        WriteElementHeader(output, Tags.PixelData, "OB"u8, uint.MaxValue);
        WriteElementHeader(output, Tags.Item, [], isExtended ? 0 : checked((uint)(4L * offsets.Length)));
        if (!isExtended)
        {
            Span<byte> entry = stackalloc byte[4];
            foreach (var offset in offsets)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)offset);
                output.Write(entry);
            }
        }

        for (var frame = part.FirstFrame; frame < part.FirstFrame + part.FrameCount; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tile = order.TileOf(frame);
            var length = image.Frames.LengthOf(tile);
            WriteElementHeader(output, Tags.Item, [], (uint)PaddedLength(image, tile));
            output.Write(image.Frames, tile, length, ref _spare);
            if (length % 2 != 0) output.Write([0]);
        }

        WriteElementHeader(output, Tags.SequenceDelimitationItem, [], 0);
    }

    private static void WriteExtendedOffsetTable(WsiOutput output, WsiImageDescription image, FrameOrder order, WsiPart part, long[] offsets)
    {
        var bytes = checked((uint)(8L * offsets.Length));
        WriteElementHeader(output, Tags.ExtendedOffsetTable, "OV"u8, bytes);
        WriteLongs(output, offsets);
        var lengths = new long[offsets.Length];
        for (var i = 0; i < lengths.Length; i++) lengths[i] = image.Frames.LengthOf(order.TileOf(part.FirstFrame + i));
        WriteElementHeader(output, Tags.ExtendedOffsetTableLengths, "OV"u8, bytes);
        WriteLongs(output, lengths);
    }

    private static void WriteLongs(WsiOutput output, long[] values)
    {
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(values, values);
        output.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private void WriteNative(WsiOutput output, WsiImageDescription image, FrameOrder order, WsiPart part, CancellationToken cancellationToken)
    {
        long total = 0;
        for (var i = 0; i < part.FrameCount; i++) total += image.Frames.LengthOf(order.TileOf(part.FirstFrame + i));
        if (total >= uint.MaxValue) throw new SlideException("Uncompressed pixel data of 4 GiB or more needs a concatenation; limit the bytes per instance");

        WriteElementHeader(output, Tags.PixelData, "OB"u8, (uint)(total + total % 2));
        for (var frame = part.FirstFrame; frame < part.FirstFrame + part.FrameCount; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tile = order.TileOf(frame);
            output.Write(image.Frames, tile, image.Frames.LengthOf(tile), ref _spare);
        }

        if (total % 2 != 0) output.Write([0]);
    }

    /// <summary>Preamble, DICM and group 0002 (PS3.10 7.1).</summary>
    private static byte[] FileMeta(string sopInstanceUid, TransferSyntax syntax)
    {
        var group = new DicomDataSet().Set(Tags.FileMetaInformationVersion, [0, 1])
            .Set(Tags.MediaStorageSOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage).Set(Tags.MediaStorageSOPInstanceUID, sopInstanceUid)
            .Set(Tags.TransferSyntaxUID, syntax.Uid).Set(Tags.ImplementationClassUID, ImplementationIdentity.ClassUid)
            .Set(Tags.ImplementationVersionName, ImplementationIdentity.VersionName)
            .ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        var length = new DicomDataSet().Set(Tags.FileMetaInformationGroupLength, group.Length).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        return [.. new byte[128], .. "DICM"u8, .. length, .. group];
    }

    /// <summary>Header of an element with a 32-bit length, or, without VR, of an item or delimiter.</summary>
    private static void WriteElementHeader(WsiOutput output, DicomTag tag, ReadOnlySpan<byte> vr, uint length)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(header, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], tag.Element);
        var at = 4;
        if (!vr.IsEmpty)
        {
            vr.CopyTo(header[4..]);
            header[6..8].Clear();
            at = 8;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(header[at..], length);
        output.Write(header[..(at + 4)]);
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
