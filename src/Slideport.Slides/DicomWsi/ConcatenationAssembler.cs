namespace Slideport.Slides.DicomWsi;

/// <summary>
/// Puts the parts of concatenations together, whatever order they came in (PS3.3 C.7.6.16.2.2.4): what belongs together, what is missing,
/// what contradicts.
/// </summary>
internal sealed class ConcatenationAssembler
{
    private readonly List<string> _missing = [];
    private readonly List<string> _uncertain = [];

    /// <summary>What has certainly not arrived.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>What cannot be told.</summary>
    public IReadOnlyList<string> Uncertain => _uncertain;

    /// <summary>The first contradiction met.</summary>
    public Refusal? Conflict { get; private set; }

    /// <summary>Instances of sound geometry to pictures, in the instances' order.</summary>
    public List<DicomLevel> Assemble(IReadOnlyList<WsiInstance> instances)
    {
        var levels = new List<DicomLevel>();
        var groups = new List<List<WsiInstance>>();
        foreach (var instance in instances)
        {
            if (instance.Geometry is null) continue;
            if (instance.Concatenation is null) levels.Add(new DicomLevel([instance], [0]));
            else Join(groups, instance);
        }

        foreach (var group in groups) levels.Add(Assemble(group));
        return levels;
    }

    /// <summary>Adds an instance to the concatenation it belongs to; it may show that two groups are one.</summary>
    private static void Join(List<List<WsiInstance>> groups, WsiInstance instance)
    {
        var own = new List<WsiInstance> { instance };
        for (var i = groups.Count - 1; i >= 0; i--)
        {
            if (!groups[i].Exists(member => member.Concatenation!.IsSameAs(instance.Concatenation!))) continue;
            own.InsertRange(0, groups[i]);
            groups.RemoveAt(i);
        }

        groups.Add(own);
    }

    private DicomLevel Assemble(List<WsiInstance> parts)
    {
        var ordered = parts.OrderBy(p => p.Concatenation!.FrameOffset ?? long.MaxValue)
            .ThenBy(p => p.Concatenation!.Number ?? int.MaxValue)
            .ToList();
        var firstFrames = new List<long>();
        long next = 0;
        foreach (var part in ordered)
        {
            // Without an offset, a part begins where the one numbered before it ended; a missing one then shows by its number.
            firstFrames.Add(part.Concatenation!.FrameOffset ?? next);
            next = firstFrames[^1] + part.FrameCount;
        }

        var level = new DicomLevel(ordered, firstFrames);
        CheckAlike(ordered);
        CheckNumbers(ordered);
        CheckFrames(level);
        return level;
    }

    private void CheckAlike(List<WsiInstance> parts)
    {
        foreach (var part in parts.Skip(1))
        {
            var attribute = part.Geometry != parts[0].Geometry ? "TotalPixelMatrixColumns"
                : part.Flavor != parts[0].Flavor ? "ImageType"
                : part.TransferSyntax.Uid != parts[0].TransferSyntax.Uid ? "TransferSyntaxUID"
                : part.Tiling != parts[0].Tiling ? "DimensionOrganizationType"
                : HasOtherTotal(part, parts[0]) ? "InConcatenationTotalNumber"
                : null;
            if (attribute is not null) SetConflict(parts[0], part, "are parts of one concatenation but differ", attribute);
        }
    }

    private static bool HasOtherTotal(WsiInstance one, WsiInstance other) =>
        one.Concatenation!.TotalNumber is { } total && other.Concatenation!.TotalNumber is { } expected && total != expected;

    private void CheckNumbers(List<WsiInstance> parts)
    {
        var total = parts.Select(p => p.Concatenation!.TotalNumber).FirstOrDefault(t => t is not null);
        var seen = new Dictionary<int, WsiInstance>();
        foreach (var part in parts)
        {
            if (part.Concatenation!.Number is not { } number) continue;
            if (number < 1 || number > total)
                Conflict ??= WsiRules.Refuse(
                    part, $"it is part {number} of a concatenation of {(total is { } t ? t : "any number")}", "InConcatenationNumber");
            else if (!seen.TryAdd(number, part))
                SetConflict(seen[number], part, $"are both part {number} of one concatenation", "InConcatenationNumber");
        }

        if (total > parts.Count)
            _missing.Add($"{parts[0]}: {total - parts.Count} of {total} parts of the concatenation are missing");
        else if (total is null && seen.Count > 0 && seen.Keys.Max() > parts.Count)
            _missing.Add($"{parts[0]}: part {seen.Keys.Max()} of the concatenation is here, but only {parts.Count} parts are");
    }

    /// <summary>Offsets must leave neither gaps nor overlaps; where every tile must have its frame, their sum tells the end.</summary>
    private void CheckFrames(DicomLevel level)
    {
        long next = 0;
        for (var i = 0; i < level.Parts.Count; i++)
        {
            var first = level.FirstFrame(i);
            if (first < next && i > 0)
                SetConflict(level.Parts[i - 1], level.Parts[i], "have frames that overlap", "ConcatenationFrameOffsetNumber");
            if (first > next)
                _missing.Add(FormattableString.Invariant($"{level}: frames {next + 1} to {first} of the concatenation are missing"));
            next = Math.Max(next, first + level.Parts[i].FrameCount);
        }

        var tiles = level.Geometry.TileCount;
        var part = level.Parts[0];
        if (part.OpticalPathCount > 1 || part.FocalPlaneCount > 1) return;
        if (part.Tiling == WsiTiling.Full && next < tiles)
            _missing.Add(FormattableString.Invariant($"{level}: frames {next + 1} to {tiles} are missing"));
        else if (next > tiles)
            Conflict ??= WsiRules.Refuse(part, $"the concatenation has {next} frames for {tiles} tiles", "NumberOfFrames");
        else if (next < tiles && level.Parts.All(p => p.Concatenation!.TotalNumber is null))
            _uncertain.Add($"{level}: the concatenation tells no total number, and its {next} frames cover {next} of {tiles} tiles");
    }

    private void SetConflict(WsiInstance one, WsiInstance other, string how, string attribute) =>
        Conflict ??= new Refusal($"{one} and {other} {how}", attribute);
}
