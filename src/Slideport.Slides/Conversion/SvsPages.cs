using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Conversion;

/// <summary>
/// The pages of an SVS whose tiles are in the file already: offsets to them, shared white for holes, pictures, descriptions.
/// </summary>
internal sealed class SvsPages(
    DicomSlide slide,
    LevelPlan plan,
    IReadOnlyDictionary<string, InstanceCopy> copies,
    SvsWriter writer,
    SvsOptions options,
    CancellationToken cancellationToken)
{
    private readonly List<string> _warnings = [.. slide.Alerts];
    private long _whiteTiles;

    /// <summary>Writes everything that is missing, and finishes the file.</summary>
    public ConversionResult Finish(string path)
    {
        var first = plan.Kept[0].Geometry;
        var deidentifier = options.Deidentifier;
        var text = new SvsText(
            deidentifier?.Clean(slide.Metadata) ?? slide.Metadata, options, first.Width, deidentifier is null && slide is { Label: not null, Overview: not null });
        var levels = new List<SvsLevelDirectory>();
        foreach (var level in plan.Kept)
        {
            var (page, refusal) = Level(level, text);
            if (page is null) return new ConversionResult(null, refusal);
            levels.Add(page);
        }

        var (thumbnail, noThumbnail) = PictureConversion.Thumbnail(plan, text, writer, _warnings, deidentifier is not null, cancellationToken);
        if (thumbnail is null) return new ConversionResult(null, noThumbnail);
        var (label, noLabel) = Picture(deidentifier is null ? slide.Label : null, "label", text);
        if (noLabel is not null) return new ConversionResult(null, noLabel);
        var (macro, noMacro) = Picture(deidentifier is null ? slide.Overview : null, "macro", text);
        if (noMacro is not null) return new ConversionResult(null, noMacro);

        Note(first);
        writer.Finish(new SvsDirectories
        {
            Base = levels[0],
            Thumbnail = thumbnail,
            ReducedLevels = levels[1..],
            Label = label,
            Macro = macro,
            IccProfile = IccProfile(),
        });
        return new ConversionResult(Report(path, levels), null);
    }

    private (SvsLevelDirectory?, Refusal?) Level(DicomLevel level, SvsText text)
    {
        var size = level.Geometry;
        var parts = level.Parts.Select(p => copies[SvsAssembly.KeyOf(p)]).ToArray();
        var coding = parts[0].Coding;
        var offsets = new long[size.TileCount];
        var byteCounts = new long[size.TileCount];
        var holes = new List<int>();
        for (var tile = 0; tile < offsets.Length; tile++)
        {
            var (part, frame) = level.Locate(tile);
            if (part < 0)
            {
                holes.Add(tile);
                continue;
            }

            (offsets[tile], byteCounts[tile]) = (parts[part][frame].Offset, parts[part][frame].Length);
        }

        if (holes.Count > 0 && FillHoles(level, coding, holes, offsets, byteCounts) is { } refusal) return (null, refusal);
        var compression = Compression(coding);
        return (new SvsLevelDirectory
        {
            Width = size.Width,
            Height = size.Height,
            TileWidth = size.TileWidth,
            TileHeight = size.TileHeight,
            Compression = compression,
            Color = coding.Color,
            Subsampling = compression == TiffCompression.Jpeg ? coding.Subsampling : (1, 1),
            Description = text.Page(
                size.Width, size.Height, size.TileWidth, size.TileHeight, compression, coding.Color,
                coding.Coding == TileCoding.Jpeg ? coding.Jpeg.EstimatedQuality : null),
            TileOffsets = offsets,
            TileByteCounts = byteCounts,
        }, null);
    }

    /// <summary>One tile of one colour for all holes of a level: empty ones break libtiff, and make OpenSlide two hundred times slower.</summary>
    private Refusal? FillHoles(DicomLevel level, FrameCoding coding, List<int> holes, long[] offsets, long[] byteCounts)
    {
        var size = level.Geometry;
        if (Math.Max(size.TileWidth, size.TileHeight) > WhiteJpeg.MaxSide)
            return WsiRules.Refuse(
                level.Parts[0], $"tiles are missing, and none of {size.TileWidth}x{size.TileHeight} can be put in their place", "Columns");

        var color = level.Parts[0].AbsentPixel;
        if (!AbsentTile.CanBe(color, coding.Coding))
            _warnings.Add("Tiles are missing; white is put in their place, for JPEG 2000 not in the colour the slide recommends");
        var absent = AbsentTile.Create(coding, size, color);
        var at = writer.Append(absent);
        foreach (var tile in holes) (offsets[tile], byteCounts[tile]) = (at, absent.Length);
        _whiteTiles += holes.Count;
        return null;
    }

    private (SvsImageDirectory?, Refusal?) Picture(WsiInstance? instance, string kind, SvsText text) =>
        instance is null ? (null, null) : PictureConversion.Convert(instance, kind, text, writer, _warnings);

    private static TiffCompression Compression(FrameCoding coding) => coding.Coding switch
    {
        TileCoding.Jpeg => TiffCompression.Jpeg,
        TileCoding.Jpeg2000 => coding.Color == ColorSpace.Rgb ? TiffCompression.Jpeg2000Rgb : TiffCompression.Jpeg2000YCbCr,
        _ => TiffCompression.None,
    };

    private SvsIccProfile? IccProfile()
    {
        if (slide.IccProfile is not { } icc) return null;
        if (icc.Range.Length >= ColorProfile.IccHeaderBytes) return new SvsIccProfile(icc.Source.Handle!, icc.Range) { Blanked = options.Deidentifier is null ? null : Deidentification.ProfileWords.Blank(icc) };
        _warnings.Add($"The ICC profile of {icc.Range.Length} bytes is none and is left out");
        return null;
    }

    private void Note(WsiGeometry first)
    {
        foreach (var part in plan.Kept.SelectMany(l => l.Parts)) _warnings.AddRange(copies[SvsAssembly.KeyOf(part)].Warnings);
        if (first.TileWidth % 16 != 0 || first.TileHeight % 16 != 0)
        {
            var size = FormattableString.Invariant($"{first.TileWidth}x{first.TileHeight}");
            _warnings.Add($"Tiles of {size} are no multiple of 16, which strict TIFF readers warn about");
        }

        if (plan.Kept.Any(l => (l.Geometry.TileWidth, l.Geometry.TileHeight) != (first.TileWidth, first.TileHeight)))
            _warnings.Add("Levels differ in tile size, which some readers do not take");
        if (plan.Kept.Count == 1 && first.TileCount > 256)
            _warnings.Add("The slide has one level only: viewers will be slow to show it from afar");
    }

    private SvsReport Report(string path, List<SvsLevelDirectory> levels)
    {
        var used = plan.Kept.SelectMany(l => l.Parts).Select(p => copies[SvsAssembly.KeyOf(p)]).ToList();
        return new SvsReport
        {
            Path = path,
            Bytes = new FileInfo(path).Length,
            Levels = levels.Count,
            Tiles = levels.Sum(l => l.TileOffsets.LongLength),
            WhiteTiles = _whiteTiles,
            RewrittenTiles = used.Sum(c => (long)c.RewrittenFrames),
            Patches = used.Aggregate(JpegPatchKinds.None, (all, c) => all | c.Patches),
            DroppedLevels = plan.Dropped,
            Warnings = [.. _warnings.Distinct()],
        };
    }
}
