using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Part10;

/// <summary>
/// A DICOM file (PS3.10 7) open for reading: file meta information and data set in memory, long values and Pixel Data left in the file. The
/// 128 bytes of preamble are never looked at: they may make the file a TIFF, or an executable, as well.
/// </summary>
public sealed class Part10File : IDisposable
{
    private const int PreambleBytes = 128;

    /// <summary>What a deflated data set may blow up to; one of 1 MB can have 1 GB.</summary>
    private const long MaxInflatedBytes = 1L << 30;

    private readonly List<string> _warnings = [];
    private PixelDataInfo? _pixelData;
    private FileRange? _extendedOffsets;
    private FileRange? _extendedLengths;
    private DicomElement? _frameGroups;
    private long _frameGroupsOffset;

    private Part10File(string path, ByteSource source)
    {
        Path = path;
        Source = source;
        FileMeta = new DicomDataSet();
        DataSet = FileMeta;
        TransferSyntax = TransferSyntax.ExplicitVrLittleEndian;
    }

    /// <summary>Path it was opened by; of what is no file of this machine, a name for messages.</summary>
    public string Path { get; }

    /// <summary>The open file, for reading by position. Closed with this object.</summary>
    public ByteSource Source { get; }

    /// <summary>The same as a handle, for whoever lets the kernel copy.</summary>
    /// <exception cref="InvalidOperationException">It is no file of this machine.</exception>
    public SafeFileHandle Handle => Source.Handle ?? throw new InvalidOperationException($"{Path} is no file of this machine.");

    /// <summary>File meta information, group 0002.</summary>
    public DicomDataSet FileMeta { get; private set; }

    /// <summary>
    /// The data set without Pixel Data, without what a handler took, and, where Pixel Data is encapsulated, without what follows it (only
    /// signatures and padding may).
    /// </summary>
    public DicomDataSet DataSet { get; private set; }

    /// <summary>How the data set is encoded, from (0002,0010).</summary>
    public TransferSyntax TransferSyntax { get; private set; }

    /// <summary>Position of the data set's first element.</summary>
    public long DataSetOffset { get; private set; }

    /// <summary>Where Pixel Data is; null if there is none, or the data set is deflated.</summary>
    public PixelDataInfo? PixelData => _pixelData;

    /// <summary>What was accepted though it is wrong, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Opens a file and reads what is not pixels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="handler">
    /// Offered every element of the data set first; Pixel Data is not. Null to load all but the per-frame functional groups, which have some
    /// 300 bytes for each of up to 100 000 frames and are left in the file as other long values are: their element has a range and no items.
    /// </param>
    /// <param name="limits">What the data set may ask for; null for the defaults.</param>
    /// <exception cref="DicomFormatException">It is not a DICOM file, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Part10File Open(string path, DicomElementHandler? handler = null, DicomReaderLimits? limits = null) =>
        Open(path, ByteSource.Open(path), handler, limits);

    /// <summary>Reads what is not pixels of a file wherever it lies.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="source">The file; closed with the result, or at once where there is none.</param>
    /// <param name="handler">As <see cref="Open(string, DicomElementHandler?, DicomReaderLimits?)"/> has it.</param>
    /// <param name="limits">What the data set may ask for; null for the defaults.</param>
    /// <exception cref="DicomFormatException">It is not a DICOM file, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Part10File Open(string name, ByteSource source, DicomElementHandler? handler = null, DicomReaderLimits? limits = null)
    {
        var file = new Part10File(name, source);
        try
        {
            file.ReadFileMeta();
            file.ReadDataSet(handler, limits ?? DicomReaderLimits.Default);
            return file;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file has the prefix that marks DICOM files.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsPart10(string path)
    {
        using var source = ByteSource.Open(path);
        return IsPart10(source);
    }

    /// <summary>Whether an open file has the prefix that marks DICOM files.</summary>
    /// <param name="source">The file; stays open.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsPart10(ByteSource source) => HasPrefix(source, 0);

    /// <summary>
    /// The DICOM files in a folder and those below it, by ordinal order of their paths; DICOMDIR and what is no DICOM file left out.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    public static IReadOnlyList<string> List(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(p => !System.IO.Path.GetFileName(p).Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase) && IsPart10(p))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// What stands before the data set in a file: preamble of zeros, prefix, file meta information of this implementation (PS3.10 7.1).
    /// </summary>
    /// <param name="sopClassUid">SOP Class UID of the data set.</param>
    /// <param name="sopInstanceUid">SOP Instance UID of the data set.</param>
    /// <param name="transferSyntaxUid">How the data set is encoded.</param>
    /// <param name="sourceApplicationEntityTitle">AE title of whoever sent it; null if nobody did.</param>
    /// <exception cref="DicomException">A UID has characters that are not ASCII.</exception>
    public static byte[] BuildHeader(
        string sopClassUid, string sopInstanceUid, string transferSyntaxUid, string? sourceApplicationEntityTitle = null)
    {
        var meta = new DicomDataSet()
            .Set(Tags.FileMetaInformationVersion, [0, 1])
            .Set(Tags.MediaStorageSOPClassUID, sopClassUid)
            .Set(Tags.MediaStorageSOPInstanceUID, sopInstanceUid)
            .Set(Tags.TransferSyntaxUID, transferSyntaxUid)
            .Set(Tags.ImplementationClassUID, ImplementationIdentity.ClassUid)
            .Set(Tags.ImplementationVersionName, ImplementationIdentity.VersionName);
        if (!string.IsNullOrEmpty(sourceApplicationEntityTitle)) meta.Set(Tags.SourceApplicationEntityTitle, sourceApplicationEntityTitle);
        var group = meta.ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        var length = new DicomDataSet().Set(Tags.FileMetaInformationGroupLength, group.Length);
        return [.. new byte[PreambleBytes], .. "DICM"u8, .. length.ToBytes(TransferSyntax.ExplicitVrLittleEndian), .. group];
    }

    /// <summary>Writes a file whose data set is in memory; its SOP Class and SOP Instance UID name the file.</summary>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="dataSet">The data set, with Pixel Data if it is to have any.</param>
    /// <param name="syntax">How to encode it.</param>
    /// <exception cref="DicomException">A UID is missing, or text has characters that its character set lacks.</exception>
    public static void Write(Stream output, DicomDataSet dataSet, TransferSyntax syntax)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(dataSet);
        ArgumentNullException.ThrowIfNull(syntax);
        output.Write(BuildHeader(
            dataSet.GetString(Tags.SOPClassUID) ?? throw new DicomException("The data set has no SOP Class UID"),
            dataSet.GetString(Tags.SOPInstanceUID) ?? throw new DicomException("The data set has no SOP Instance UID"),
            syntax.Uid));
        var writer = new DicomWriter(output, syntax);
        writer.Write(dataSet);
        writer.Flush();
    }

    /// <summary>The value of an element as bytes, read from the file if it was left there; null if it is absent.</summary>
    /// <param name="dataSet">The data set, or an item of it.</param>
    /// <param name="tag">The element.</param>
    /// <exception cref="DicomFormatException">The value is longer than the limit, or the file ends before it does.</exception>
    public byte[]? ReadBytes(DicomDataSet dataSet, DicomTag tag)
    {
        ArgumentNullException.ThrowIfNull(dataSet);
        return dataSet.GetBytes(tag) ?? (dataSet.Find(tag) is { IsDeferred: true } element ? ReadBytes(element.Range) : null);
    }

    /// <summary>Reads a part of the file.</summary>
    /// <param name="range">Which.</param>
    /// <exception cref="DicomFormatException">It is longer than the limit for values in memory, or the file ends before it
    /// does.</exception>
    public byte[] ReadBytes(FileRange range)
    {
        if (range.Offset < 0 || range.Length < 0 || range.End > Source.Length)
        {
            throw new DicomFormatException("The file ends too early", range.Offset);
        }

        if (range.Length > DicomReaderLimits.Default.MaxValueBytes)
        {
            throw new DicomFormatException($"A value of {range.Length} bytes is too long for memory", range.Offset);
        }

        var bytes = new byte[range.Length];
        var read = Source.Read(bytes, range.Offset);
        return read == bytes.Length ? bytes : throw new DicomFormatException("The file ends too early", range.Offset + read);
    }

    /// <summary>
    /// The items of the per-frame functional groups where they were left in the file (<see cref="Open(string, DicomElementHandler?,
    /// DicomReaderLimits?)"/>), one by one as they are asked for; none where there are none or they are in memory.
    /// </summary>
    /// <exception cref="DicomFormatException">An item is malformed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IEnumerable<DicomDataSet> ReadFrameGroups()
    {
        if (_frameGroups is null || TransferSyntax.IsDeflated) yield break;
        // Values of items are loaded whatever their length: who reads on would not find them again.
        var limits = DicomReaderLimits.Default with { MaxLoadedValueBytes = DicomReaderLimits.Default.MaxValueBytes };
        using var stream = new PositionalStream(Source, _frameGroupsOffset);
        var reader = new DicomReader(stream, TransferSyntax, limits);
        while (reader.Read() && reader.Token != DicomToken.SequenceEnd)
        {
            if (reader.Token == DicomToken.ItemStart) yield return new DataSetLoader(reader, null, DataSet).Load();
        }
    }

    /// <summary>
    /// Finds where each frame lies, with the number and the size of frames that the data set tells.
    /// </summary>
    /// <exception cref="DicomFormatException">There is no Pixel Data, or it does not have the frames the data set tells.</exception>
    public FrameIndex BuildFrameIndex()
    {
        var pixels = PixelData ?? throw new DicomFormatException("There is no Pixel Data", DataSetOffset);
        if (DataSet.GetString(Tags.NumberOfFrames) is not { } stated) return pixels.BuildFrameIndex(1, NativeFrameBytes());
        var frames = DataSet.GetInt32(Tags.NumberOfFrames)
            ?? throw new DicomFormatException($"The number of frames is '{stated}'", pixels.Offset);
        return pixels.BuildFrameIndex(frames, NativeFrameBytes());
    }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    private static bool HasPrefix(ByteSource source, long offset)
    {
        Span<byte> prefix = stackalloc byte[4];
        return source.Read(prefix, offset + PreambleBytes) == prefix.Length && prefix.SequenceEqual("DICM"u8);
    }

    /// <summary>Reads group 0002 by its elements: its length (0002,0000) is wrong often enough.</summary>
    private void ReadFileMeta()
    {
        if (!HasPrefix(Source, 0))
        {
            throw new DicomFormatException("It is not a DICOM file: DICM is missing behind the preamble", PreambleBytes);
        }

        var reader = new DicomReader(new PositionalStream(Source, PreambleBytes + 4), TransferSyntax.ExplicitVrLittleEndian);
        FileMeta = DicomDataSet.LoadGroup(reader, 2);
        _warnings.AddRange(reader.Warnings);
        DataSetOffset = reader.Position;
        var syntax = FileMeta.GetString(Tags.TransferSyntaxUID)
            ?? throw new DicomFormatException("The file does not tell its transfer syntax", DataSetOffset);
        TransferSyntax = TransferSyntax.Find(syntax);
    }

    private void ReadDataSet(DicomElementHandler? handler, DicomReaderLimits limits)
    {
        if (HasPrefix(Source, DataSetOffset))
        {
            // Some senders put a whole file where the data set belongs, and the receiver a header before it.
            _warnings.Add($"A second file header stands before the data set (at byte {DataSetOffset})");
            using var header = new PositionalStream(Source, DataSetOffset + PreambleBytes + 4);
            var meta = new DicomReader(header, TransferSyntax.ExplicitVrLittleEndian);
            DicomDataSet.LoadGroup(meta, 2);
            DataSetOffset = meta.Position;
        }

        using var file = new PositionalStream(Source, DataSetOffset);
        using var inflated = TransferSyntax.IsDeflated ? new DeflateStream(file, CompressionMode.Decompress) : null;
        if (inflated is not null)
        {
            // Nothing in a deflated data set can be found again by its place, so what is kept is kept in memory.
            var most = Math.Min(limits.MaxBytes, MaxInflatedBytes);
            limits = limits with { MaxBytes = most, MaxLoadedBytes = most, MaxLoadedValueBytes = limits.MaxValueBytes };
        }

        var reader = new DicomReader(inflated ?? (Stream)file, TransferSyntax, limits);
        try
        {
            DataSet = DicomDataSet.Load(reader, r => TakePixelData(r) || (handler is null ? LeaveFrameGroups(r) : handler(r)));
            if (_frameGroups is not null) DataSet.Put(_frameGroups);
        }
        catch (InvalidDataException error)
        {
            throw new DicomFormatException("The data set does not inflate", DataSetOffset, innerException: error);
        }

        _warnings.AddRange(reader.Warnings);
    }

    private bool LeaveFrameGroups(DicomReader reader)
    {
        if (reader.Depth > 0 || reader.Tag != Tags.PerFrameFunctionalGroupsSequence || reader.Token != DicomToken.SequenceStart) return false;
        var (element, start) = (reader.ElementOffset, reader.ValueOffset);
        reader.Skip();
        if (_frameGroups is not null) return true;
        _frameGroupsOffset = element;
        _frameGroups = new DicomElement(reader.Tag, Vr.SQ, new FileRange(start, reader.ValueOffset - start));
        return true;
    }

    private bool TakePixelData(DicomReader reader)
    {
        if (reader.Depth > 0) return false;
        if (reader.Tag.Group == 2)
        {
            reader.Warn($"{reader.Tag} belongs to the file's header, not into the data set");
            return true;
        }

        if (reader.Tag == Tags.ExtendedOffsetTable) _extendedOffsets ??= new FileRange(reader.ValueOffset, reader.ValueLength);
        if (reader.Tag == Tags.ExtendedOffsetTableLengths) _extendedLengths ??= new FileRange(reader.ValueOffset, reader.ValueLength);
        if (reader.Tag != Tags.PixelData || reader.Token == DicomToken.SequenceStart) return false;
        if (!TransferSyntax.IsDeflated)
        {
            _pixelData ??= new PixelDataInfo(Source, reader.Vr, reader.ValueOffset, reader.ValueLength, _extendedOffsets, _extendedLengths);
            if (reader.Token == DicomToken.PixelDataStart) reader.Stop();
        }

        return true;
    }

    /// <summary>
    /// Bytes of a frame of native Pixel Data; 0 if the attributes do not tell. Each factor is at most 65535, so the product fits.
    /// </summary>
    private long NativeFrameBytes()
    {
        long Factor(DicomTag tag) => DataSet.GetInt64(tag) is { } value and >= 0 and <= ushort.MaxValue ? value : 0;
        var bitsPerPixel = Math.Min(Factor(Tags.SamplesPerPixel), 4096) * Math.Min(Factor(Tags.BitsAllocated), 64);
        return (Factor(Tags.Rows) * Factor(Tags.Columns) * bitsPerPixel + 7) / 8;
    }
}
