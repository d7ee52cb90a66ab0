using Slideport.Dicom.DataSets;

namespace Slideport.Dicom.Part10;

/// <summary>Where the Pixel Data of a file lies and how it is encoded; nothing of it is in memory.</summary>
public sealed class PixelDataInfo
{
    private readonly ByteSource _file;
    private readonly FileRange? _extendedOffsets;
    private readonly FileRange? _extendedLengths;
    private readonly long _nativeLength;
    private FragmentTable? _fragments;

    internal PixelDataInfo(ByteSource file, Vr vr, long offset, long length, FileRange? extendedOffsets, FileRange? extendedLengths)
    {
        _file = file;
        Vr = vr;
        Offset = offset;
        _nativeLength = length;
        _extendedOffsets = extendedOffsets;
        _extendedLengths = extendedLengths;
    }

    /// <summary>OB or OW, as written.</summary>
    public Vr Vr { get; }

    /// <summary>Whether the value consists of fragments.</summary>
    public bool IsEncapsulated => _nativeLength < 0;

    /// <summary>Position of the value: of the first pixel, or of the first item (the Basic Offset Table).</summary>
    public long Offset { get; }

    /// <summary>
    /// Length of the value in bytes, with all item headers and the closing delimiter if it is encapsulated. The first call walks the
    /// items.
    /// </summary>
    /// <exception cref="DicomFormatException">The items are malformed.</exception>
    public long Length => IsEncapsulated ? Fragments.End - Offset : _nativeLength;

    /// <summary>Number of fragments, the offset table not among them; 0 if native. The first call walks the items.</summary>
    /// <exception cref="DicomFormatException">The items are malformed.</exception>
    public int FragmentCount => IsEncapsulated ? Fragments.Count : 0;

    /// <summary>
    /// Whether the closing delimiter is missing, which at the end of a file is tolerated. The first call walks the items.
    /// </summary>
    /// <exception cref="DicomFormatException">The items are malformed.</exception>
    public bool IsUnclosed => IsEncapsulated && !Fragments.IsClosed;

    /// <summary>
    /// Where the first fragment behind the Basic Offset Table lies, without a walk, so that it can be asked while the rest is still arriving; null
    /// where none stands there, or Pixel Data is native.
    /// </summary>
    public FileRange? FirstFragment
    {
        get
        {
            if (!IsEncapsulated || FragmentTable.ItemLength(_file, Offset) is not { } table) return null;
            var item = Offset + FragmentTable.HeaderBytes + table;
            return FragmentTable.ItemLength(_file, item) is { } length ? new FileRange(item + FragmentTable.HeaderBytes, length) : null;
        }
    }

    private FragmentTable Fragments => _fragments ??= FragmentTable.Read(_file, Offset);

    /// <summary>
    /// Finds where each frame lies. Item headers are walked; offset tables only decide which fragments belong together, and wrong ones are
    /// ignored with a warning. Of a file that is far the table is believed frame by frame, and the items are walked where it turns out wrong.
    /// </summary>
    /// <param name="numberOfFrames">Number of Frames (0028,0008), 1 where it is absent.</param>
    /// <param name="nativeFrameBytes">Bytes of a frame in native Pixel Data: rows × columns × samples × bytes per sample. Unused if
    /// encapsulated.</param>
    /// <exception cref="DicomFormatException">Items are malformed, or Pixel Data does not have this number of frames.</exception>
    public FrameIndex BuildFrameIndex(int numberOfFrames, long nativeFrameBytes = 0)
    {
        if (numberOfFrames < 1) throw new DicomFormatException($"The number of frames is {numberOfFrames}", Offset);
        if (IsEncapsulated)
        {
            return _file.IsFar && FrameTable.Read(_file, Offset, _extendedOffsets, numberOfFrames) is { } table
                ? new FrameIndex(table, numberOfFrames, () => Walk(numberOfFrames))
                : Walk(numberOfFrames);
        }

        if (nativeFrameBytes < 1 || nativeFrameBytes > _nativeLength / numberOfFrames)
        {
            throw new DicomFormatException(
                $"Pixel Data has {_nativeLength} bytes, which are not {numberOfFrames} frames of {nativeFrameBytes}", Offset);
        }

        return new FrameIndex(Offset, nativeFrameBytes, numberOfFrames);
    }

    private FrameIndex Walk(int frames) => new FrameBoundaries(_file, Fragments, frames).Find(_extendedOffsets, _extendedLengths);
}
