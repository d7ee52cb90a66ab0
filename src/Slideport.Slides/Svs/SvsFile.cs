using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>
/// An Aperio SVS slide open for reading: which page is what, and where the coded tiles lie. Nothing is decoded, and no tile is read until
/// asked for. Safe for concurrent use once opened, but for the first use of each <see cref="SvsLevel.Tiles"/>.
/// </summary>
public sealed class SvsFile : IDisposable
{
    private const int LabelSubfile = 1;
    private const int MacroSubfile = 9;

    private readonly List<SvsLevel> _levels = [];

    private SvsFile(string path, ByteSource source)
    {
        (Path, Source) = (path, source);
        Tiff = TiffFile.Read(source);
        foreach (var directory in Tiff.Directories) Classify(directory);
        Description = SvsDescription.Parse(_levels[0].Page.DescriptionText ?? "");
        IccProfile = Tiff.Directories[0].GetRange(TiffTags.IccProfile);
    }

    /// <summary>Where the file was opened; of what is no file of this machine, a name for messages.</summary>
    public string Path { get; }

    /// <summary>The open file; owned by this object.</summary>
    public ByteSource Source { get; }

    /// <summary>The same as a handle, for whoever lets the kernel copy.</summary>
    /// <exception cref="InvalidOperationException">It is no file of this machine.</exception>
    public SafeFileHandle Handle => Source.Handle ?? throw new InvalidOperationException($"{Path} is no file of this machine.");

    /// <summary>The directories behind the slide.</summary>
    public TiffFile Tiff { get; }

    /// <summary>The resolutions, the full one first, each smaller than the one before.</summary>
    public IReadOnlyList<SvsLevel> Levels => _levels;

    /// <summary>A small picture of the scanned area.</summary>
    public SvsAssociatedImage? Thumbnail { get; private set; }

    /// <summary>The slide's paper label; may show patient data.</summary>
    public SvsAssociatedImage? Label { get; private set; }

    /// <summary>The whole slide as an overview camera sees it; may show patient data.</summary>
    public SvsAssociatedImage? Macro { get; private set; }

    /// <summary>Metadata of the slide: the first page's description.</summary>
    public SvsDescription Description { get; }

    /// <summary>Where the ICC profile lies; null if there is none.</summary>
    public FileRange? IccProfile { get; }

    /// <summary>Whether a file is a TIFF whose first page is tiled and described as Aperio's, without judging the rest.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsSvs(string path)
    {
        using var source = ByteSource.Open(path);
        try
        {
            return IsAperio(TiffFile.Read(source).Directories[0]);
        }
        catch (TiffFormatException)
        {
            return false;
        }
    }

    /// <summary>Opens a slide and reads its directories.</summary>
    /// <exception cref="TiffFormatException">The file is not a sound TIFF file.</exception>
    /// <exception cref="SvsFormatException">It is a TIFF file, but not a sound SVS.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SvsFile Open(string path) => Open(path, ByteSource.Open(path, FileOptions.RandomAccess));

    /// <summary>Reads the directories of a slide wherever it lies.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="source">The file; closed with the result, or at once where there is none.</param>
    /// <exception cref="TiffFormatException">The file is not a sound TIFF file.</exception>
    /// <exception cref="SvsFormatException">It is a TIFF file, but not a sound SVS.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SvsFile Open(string name, ByteSource source)
    {
        try
        {
            return new SvsFile(name, source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads the coded bytes of a tile or strip into a buffer at least as long.</summary>
    /// <returns>The filled part of <paramref name="buffer"/>.</returns>
    /// <exception cref="TiffFormatException">The file has become shorter meanwhile.</exception>
    public Span<byte> Read(FileRange range, Span<byte> buffer)
    {
        var destination = buffer[..checked((int)range.Length)];
        Tiff.Read(range.Offset, destination);
        return destination;
    }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    /// <summary>Reads the offset and byte count arrays of a page and checks that every range lies inside the file.</summary>
    internal long[] ReadRanges(TiffDirectory directory, ushort offsetTag, ushort byteCountTag, long count, out long[] byteCounts)
    {
        var offsets = directory.GetIntegers(offsetTag) ?? throw new SvsFormatException(directory.Index, $"has no tag {offsetTag}");
        byteCounts = directory.GetIntegers(byteCountTag) ?? throw new SvsFormatException(directory.Index, $"has no tag {byteCountTag}");
        if (offsets.Length < count || byteCounts.Length < count)
        {
            throw new SvsFormatException(
                directory.Index,
                $"needs {count} tiles or strips, but tags {offsetTag} and {byteCountTag} list {offsets.Length} and {byteCounts.Length}");
        }

        // A few writers leave a spare entry at the end; it belongs to no part of the picture.
        if (offsets.Length > count) Array.Resize(ref offsets, (int)count);
        if (byteCounts.Length > count) Array.Resize(ref byteCounts, (int)count);
        var length = Tiff.Length;
        for (var i = 0; i < offsets.Length; i++)
        {
            if (byteCounts[i] > 0 && (offsets[i] > length || byteCounts[i] > length - offsets[i]))
                throw new SvsFormatException(directory.Index, $"tile or strip {i} reaches beyond the end of the file");
        }

        return offsets;
    }

    private static bool IsAperio(TiffDirectory first) =>
        first.Contains(TiffTags.TileWidth)
        && first.GetText(TiffTags.ImageDescription)?.StartsWith("Aperio", StringComparison.Ordinal) == true;

    private void Classify(TiffDirectory directory)
    {
        if (directory.Index == 0 && !IsAperio(directory))
            throw new SvsFormatException(0, "not an Aperio slide: it is not tiled or its description does not begin with \"Aperio\"");

        var page = new SvsPage(directory);
        if (directory.Contains(TiffTags.TileWidth)) AddLevel(new SvsLevel(this, directory, page));
        else AddAssociatedImage(directory, page);
    }

    private void AddLevel(SvsLevel level)
    {
        // OpenSlide refuses a file whose downsamples do not ascend; so do we, for the order carries meaning.
        if (_levels.Count > 0 && (level.Width > _levels[^1].Width || level.Height > _levels[^1].Height))
            throw new SvsFormatException(level.Page.Index, $"level of {level.Width}x{level.Height} is larger than the one before it");
        _levels.Add(level);
    }

    /// <summary>
    /// NewSubfileType says it for label and macro since the ScanScope; the second line of the description said it before, and still does
    /// where another writer left the type out. The thumbnail is just the page behind the full resolution.
    /// </summary>
    private void AddAssociatedImage(TiffDirectory directory, SvsPage page)
    {
        var text = page.DescriptionText ?? "";
        var kind = directory.GetInteger(TiffTags.NewSubfileType) ?? 0;
        if (kind == MacroSubfile || SvsDescription.NamesImage(text, "macro")) Macro ??= new SvsAssociatedImage(this, directory, page);
        else if (kind == LabelSubfile || SvsDescription.NamesImage(text, "label")) Label ??= new SvsAssociatedImage(this, directory, page);
        else if (directory.Index == 1) Thumbnail = new SvsAssociatedImage(this, directory, page);
    }
}
