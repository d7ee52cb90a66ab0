namespace Slideport.Slides.DicomWsi;

/// <summary>
/// One slide: instances that belong together, brought into an order that does not depend on how they arrived. What stands in the way of
/// converting it is a value here; as DICOM it can be handed on regardless. Does not own the instances.
/// </summary>
public sealed class DicomSlide
{
    private DicomSlide(
        IReadOnlyList<WsiInstance> instances,
        IReadOnlyList<DicomLevel> levels,
        IReadOnlyList<WsiInstance> ignored,
        SlideCompleteness completeness,
        Refusal? refusal,
        IReadOnlyList<string> alerts)
    {
        (Instances, Levels, Ignored, Completeness, Refusal, Alerts) = (instances, levels, ignored, completeness, refusal, alerts);
        WsiInstance? First(WsiFlavor flavor) => instances.FirstOrDefault(i => i.Flavor == flavor && i.IsWholeSlide);
        (Label, Overview, Thumbnail) = (First(WsiFlavor.Label), First(WsiFlavor.Overview), First(WsiFlavor.Thumbnail));
        Metadata = DicomMetadata.Read([.. levels.SelectMany(l => l.Parts), .. instances]);
    }

    /// <summary>All instances of the slide once each, those of no use included.</summary>
    public IReadOnlyList<WsiInstance> Instances { get; }

    /// <summary>The pyramid from the largest level down; empty as long as no VOLUME has come.</summary>
    public IReadOnlyList<DicomLevel> Levels { get; }

    /// <summary>The label; null if there is none.</summary>
    public WsiInstance? Label { get; }

    /// <summary>The overview camera's picture; null if there is none.</summary>
    public WsiInstance? Overview { get; }

    /// <summary>The thumbnail; null if there is none.</summary>
    public WsiInstance? Thumbnail { get; }

    /// <summary>Instances that are no part of the slide's pictures: other flavors, other classes, repeated ones.</summary>
    public IReadOnlyList<WsiInstance> Ignored { get; }

    /// <summary>What the slide tells about itself.</summary>
    public SlideMetadata Metadata { get; }

    /// <summary>Whether everything is there.</summary>
    public SlideCompleteness Completeness { get; }

    /// <summary>
    /// Why the slide cannot become an SVS; null if nothing is known to stand in the way. Names both instances of a contradiction.
    /// </summary>
    public Refusal? Refusal { get; }

    /// <summary>What somebody should look at although work goes on, one sentence each.</summary>
    public IReadOnlyList<string> Alerts { get; }

    /// <summary>Series Instance UID; empty if absent.</summary>
    public string SeriesInstanceUid => Instances[0].SeriesInstanceUid;

    /// <summary>ICC profile of the largest level; of the thumbnail where that has none.</summary>
    public ColorProfile? IccProfile =>
        Levels.SelectMany(l => l.Parts).Append(Thumbnail).FirstOrDefault(i => i?.IccProfile is not null)?.IccProfile;

    /// <summary>Makes a slide of instances that belong to one.</summary>
    /// <param name="instances">Ordered, at least one.</param>
    /// <param name="alerts">What grouping had to note.</param>
    internal static DicomSlide Create(IReadOnlyList<WsiInstance> instances, IEnumerable<string> alerts)
    {
        List<string> notes = [.. alerts];
        var unique = WithoutRepeated(instances, notes, out var repeated, out var conflict);
        List<WsiInstance> ignored = [.. repeated, .. unique.Where(IsNoPicture)];
        var volumes = unique.Where(i => i is { Flavor: WsiFlavor.Volume, IsWholeSlide: true }).ToList();
        var parts = new ConcatenationAssembler();
        var levels = parts.Assemble(volumes).OrderByDescending(l => (long)l.Geometry.Width * l.Geometry.Height).ToList();

        foreach (var flavor in (ReadOnlySpan<WsiFlavor>)[WsiFlavor.Label, WsiFlavor.Overview, WsiFlavor.Thumbnail])
            NoteSeveral(unique, flavor, notes, ignored);
        foreach (var other in ignored.Where(i => i.Flavor == WsiFlavor.Other || !i.IsWholeSlide))
            notes.Add($"{other} shows no part of the slide and is left out");

        List<string> missing = [.. parts.Missing];
        if (volumes.Count == 0) missing.Insert(0, "No VOLUME instance is there");
        var refusal = conflict
            ?? unique.FirstOrDefault(i => i.Defect is not null && !ignored.Contains(i))?.Defect
            ?? parts.Conflict
            ?? SlideRules.Check(levels);
        return new DicomSlide(unique, levels, ignored, new SlideCompleteness(missing, parts.Uncertain), refusal, notes);
    }

    /// <summary>An unknown flavor is no picture of ours; one that is not told at all is a defect instead.</summary>
    private static bool IsNoPicture(WsiInstance instance) =>
        !instance.IsWholeSlide || (instance.Flavor == WsiFlavor.Other && instance.ImageType.Count >= 3);

    /// <summary>
    /// One SOP Instance UID is one instance, however often it was sent; if what was sent differs, nobody can tell which is right.
    /// </summary>
    private static List<WsiInstance> WithoutRepeated(
        IReadOnlyList<WsiInstance> instances, List<string> notes, out List<WsiInstance> repeated, out Refusal? conflict)
    {
        (repeated, conflict) = ([], null);
        var unique = new List<WsiInstance>();
        var known = new Dictionary<string, WsiInstance>();
        foreach (var instance in instances)
        {
            if (instance.SopInstanceUid.Length == 0 || known.TryAdd(instance.SopInstanceUid, instance))
            {
                unique.Add(instance);
                continue;
            }

            var first = known[instance.SopInstanceUid];
            repeated.Add(instance);
            if (SlideRules.AreSame(first, instance)) notes.Add($"{instance} is there twice");
            else conflict ??= new Refusal($"{first} and {instance} have the same SOP Instance UID but differ", "SOPInstanceUID");
        }

        return unique;
    }

    private static void NoteSeveral(List<WsiInstance> unique, WsiFlavor flavor, List<string> notes, List<WsiInstance> ignored)
    {
        WsiInstance? first = null;
        foreach (var instance in unique)
        {
            if (instance.Flavor != flavor || !instance.IsWholeSlide) continue;
            if (first is null)
            {
                first = instance;
                continue;
            }

            notes.Add($"There are several {flavor} instances: {first} is used, {instance} is not");
            ignored.Add(instance);
        }
    }
}
