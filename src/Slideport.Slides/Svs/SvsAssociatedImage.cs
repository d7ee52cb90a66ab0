using Slideport.Dicom;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>The thumbnail, label or macro picture of a slide: a page in strips.</summary>
public sealed class SvsAssociatedImage
{
    internal SvsAssociatedImage(SvsFile file, TiffDirectory directory, SvsPage page)
    {
        Page = page;
        // Absent or 2^32-1 means one strip (TIFF 6.0, RowsPerStrip).
        RowsPerStrip = (int)Math.Clamp(directory.GetInteger(TiffTags.RowsPerStrip) ?? page.Height, 1, page.Height);
        var count = (page.Height + (long)RowsPerStrip - 1) / RowsPerStrip;
        var offsets = file.ReadRanges(directory, TiffTags.StripOffsets, TiffTags.StripByteCounts, count, out var byteCounts);
        var strips = new FileRange[offsets.Length];
        for (var i = 0; i < strips.Length; i++) strips[i] = new FileRange(offsets[i], byteCounts[i]);
        Strips = strips;
    }

    /// <summary>Size, coding and description.</summary>
    public SvsPage Page { get; }

    /// <summary>Pixels across.</summary>
    public int Width => Page.Width;

    /// <summary>Pixels down.</summary>
    public int Height => Page.Height;

    /// <summary>Rows in each strip but the last.</summary>
    public int RowsPerStrip { get; }

    /// <summary>Where the strips lie, from the top.</summary>
    public IReadOnlyList<FileRange> Strips { get; }
}
