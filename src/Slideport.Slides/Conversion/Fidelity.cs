using System.Buffers;
using Slideport.Slides.Deidentification;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Proves that an output carries its source's tiles, whatever the two formats: every coded byte is compared, nothing decoded. Memory does
/// not depend on the slide: a tile of each for every core at work.
/// </summary>
public static class Fidelity
{
    private const int TilesAtOnce = 64;
    private const int MaxThreads = 4;
    private const int BufferBytes = 1 << 16;

    // MPP is written with six decimals, PixelSpacing with sixteen characters.
    private const double MaxSpacingError = 1e-4;

    /// <summary>Compares the slides at two paths: each an SVS, a DICOM instance, or a folder of instances of one slide.</summary>
    /// <exception cref="SlideException">One of them holds no slide, or several, or one that cannot be read.</exception>
    /// <exception cref="IOException">One of them does not exist or cannot be read.</exception>
    public static FidelityReport Compare(string sourcePath, string outputPath, CancellationToken cancellationToken = default)
    {
        using var source = SlideSource.Open(sourcePath);
        using var output = SlideSource.Open(outputPath);
        return Compare(source.Single(), output.Single(), cancellationToken);
    }

    /// <summary>Compares two open slides.</summary>
    /// <exception cref="SlideException">One of them cannot be read.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public static FidelityReport Compare(Slide source, Slide output, CancellationToken cancellationToken = default)
    {
        var work = new Tally();
        var difference = CompareLevels(source, output, work, cancellationToken)
            ?? ComparePictures(source, output, work)
            ?? CompareProfiles(source.IccProfile, output.IccProfile, work)
            ?? CompareSpacing(source.Metadata.MicronsPerPixel, output.Metadata.MicronsPerPixel);
        return new FidelityReport
        {
            Difference = difference,
            Tiles = work.Tiles,
            Holes = work.Holes,
            Bytes = work.Bytes,
            Changes = [.. work.Changes.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new FidelityChange(c.Key, c.Value))],
            NotCarried = work.NotCarried,
        };
    }

    private static FidelityDifference? CompareLevels(Slide source, Slide output, Tally work, CancellationToken cancellationToken)
    {
        if (source.Levels.Count == 0) return new FidelityDifference("the source has no level");
        var excused = Excused(source, output, work);
        foreach (var level in source.Levels)
        {
            var other = output.Levels.FirstOrDefault(l => (l.Width, l.Height) == (level.Width, level.Height));
            if (other is null)
            {
                if (excused.Contains((level.Width, level.Height))) continue;
                return new FidelityDifference("the output has no such level", level.ToString());
            }

            if (CompareLevel(level, other, work, cancellationToken) is { } difference) return difference;
        }

        var strange = output.Levels.FirstOrDefault(l => !source.Levels.Any(s => (s.Width, s.Height) == (l.Width, l.Height)));
        return strange is null ? null : new FidelityDifference("the source has no such level", strange.ToString());
    }

    /// <summary>Levels a conversion to SVS leaves out by rule, and only those.</summary>
    private static HashSet<(int, int)> Excused(Slide source, Slide output, Tally work)
    {
        if (source.Dicom is not { } dicom || output.Format != SlideFormat.Svs) return [];
        var plan = LevelPlan.Choose(dicom);
        work.NotCarried.AddRange(plan.Dropped);
        return [.. dicom.Levels.Except(plan.Kept).Select(l => (l.Geometry.Width, l.Geometry.Height))];
    }

    private static FidelityDifference? CompareLevel(Level source, Level output, Tally work, CancellationToken cancellationToken)
    {
        if ((source.TileWidth, source.TileHeight) != (output.TileWidth, output.TileHeight))
            return new FidelityDifference($"tiles are {output.TileWidth}x{output.TileHeight}, the source's are not", source.ToString());
        if (source.Coding != output.Coding || (source.Coding == TileCoding.Other && source.CodingName != output.CodingName))
            return new FidelityDifference($"tiles are {output.CodingName}, those of the source {source.CodingName}", source.ToString());

        var count = source.Tiles.Count;
        FidelityDifference? first = null;
        var threads = Math.Min(MaxThreads, Environment.ProcessorCount);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(
            0, (count + TilesAtOnce - 1) / TilesAtOnce, options,
            () => new TileComparer(source, output),
            (piece, loop, comparer) =>
            {
                // A difference ends the loop, but pieces before it are still looked at: the first one is told.
                for (var tile = piece * TilesAtOnce; tile < Math.Min(count, (piece + 1) * TilesAtOnce); tile++)
                {
                    if (comparer.Compare(tile) is not { } difference) continue;
                    lock (work)
                    {
                        if (first is null || difference.Tile < first.Tile) first = difference;
                    }

                    loop.Break();
                    break;
                }

                return comparer;
            },
            comparer =>
            {
                lock (work) work.Add(comparer);
            });
        return first;
    }

    private static FidelityDifference? ComparePictures(Slide source, Slide output, Tally work)
    {
        foreach (var picture in source.AssociatedImages)
        {
            if (output.AssociatedImages.FirstOrDefault(i => i.Kind == picture.Kind) is not { } other)
            {
                work.NotCarried.Add($"The output has no {picture.Kind}");
                continue;
            }

            try
            {
                if (IsSame(picture, other)) continue;
            }
            catch (PixelException e)
            {
                work.NotCarried.Add($"The {picture.Kind} could not be compared: {e.Message}");
                continue;
            }

            if (picture.Kind != AssociatedImageKind.Thumbnail) return new FidelityDifference($"the {picture.Kind} is another picture");
            work.NotCarried.Add("The thumbnail was made anew");
        }

        return null;
    }

    /// <summary>The same JPEG, or else the same pixels.</summary>
    private static bool IsSame(AssociatedImage source, AssociatedImage output)
    {
        if (source.Coding == TileCoding.Jpeg && output.Coding == TileCoding.Jpeg && source.ReadJpeg() is { } one
            && output.ReadJpeg() is { } other)
            return one.AsSpan().SequenceEqual(other);
        if ((source.Width, source.Height) != (output.Width, output.Height)) return false;
        return source.ReadRgb() is var pixels && output.ReadRgb() is var others && pixels.Pixels.AsSpan().SequenceEqual(others.Pixels);
    }

    private static FidelityDifference? CompareProfiles(ColorProfile? source, ColorProfile? output, Tally work)
    {
        if (source is null || source.Range.Length < ColorProfile.IccHeaderBytes) return null;
        if (CompareBytes(source, output) is not { } difference) return null;
        if (output is null || ProfileWords.Blank(source) is not { } colors || ProfileWords.Blank(output) is not { } others) return difference;
        var length = (int)Math.Min(source.Length, output.Length);
        if (source.Length != output.Length || !colors.AsSpan(0, length).SequenceEqual(others.AsSpan(0, length))) return difference;
        work.NotCarried.Add("The ICC profile's words; its colours are the same");
        return null;
    }

    private static FidelityDifference? CompareBytes(ColorProfile source, ColorProfile? output)
    {
        var length = source.Length;
        if (output is null || output.Length != length) return new FidelityDifference("the ICC profile is missing or another one");
        var (one, other) = (ArrayPool<byte>.Shared.Rent(BufferBytes), ArrayPool<byte>.Shared.Rent(BufferBytes));
        try
        {
            for (long done = 0; done < length;)
            {
                var count = (int)Math.Min(BufferBytes, length - done);
                var read = source.Source.Read(one.AsSpan(0, count), source.Range.Offset + done);
                var same = output.Source.Read(other.AsSpan(0, count), output.Range.Offset + done);
                if (read != same || read == 0 || !one.AsSpan(0, read).SequenceEqual(other.AsSpan(0, read)))
                    return new FidelityDifference("the ICC profiles differ", Offset: done);
                done += read;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(one);
            ArrayPool<byte>.Shared.Return(other);
        }
    }

    private static FidelityDifference? CompareSpacing(double? source, double? output) =>
        source is not { } expected || (output is { } found && Math.Abs(found / expected - 1) <= MaxSpacingError)
            ? null
            : new FidelityDifference(FormattableString.Invariant($"the output has {output} µm per pixel, the source {source}"));

    /// <summary>What all comparers together found.</summary>
    private sealed class Tally
    {
        public long Tiles { get; private set; }

        public long Holes { get; private set; }

        public long Bytes { get; private set; }

        public Dictionary<string, long> Changes { get; } = [];

        public List<string> NotCarried { get; } = [];

        public void Add(TileComparer comparer)
        {
            Tiles += comparer.Tiles;
            Holes += comparer.Holes;
            Bytes += comparer.Bytes;
            foreach (var (change, tiles) in comparer.Changes) Changes[change] = Changes.GetValueOrDefault(change) + tiles;
        }
    }
}
