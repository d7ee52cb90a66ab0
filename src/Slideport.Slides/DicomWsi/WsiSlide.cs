namespace Slideport.Slides.DicomWsi;

/// <summary>
/// Sorts instances into slides. A series is the scan of one slide, but for series that hold several: then Container Identifier tells the
/// glass slides apart, Pyramid UID and Frame of Reference UID several scanned areas of one.
/// </summary>
public static class WsiSlide
{
    /// <summary>Groups instances, whatever order they are given in.</summary>
    /// <param name="instances">Of any number of slides.</param>
    /// <returns>The slides, ordered by their identifiers. An overview or label may belong to several.</returns>
    public static IReadOnlyList<DicomSlide> Group(IEnumerable<WsiInstance> instances)
    {
        var slides = new List<DicomSlide>();
        var ordered = instances.OrderBy(i => i.StudyInstanceUid, StringComparer.Ordinal)
            .ThenBy(i => i.SeriesInstanceUid, StringComparer.Ordinal)
            .ThenBy(i => i.InstanceNumber ?? int.MaxValue)
            .ThenBy(i => i.SopInstanceUid, StringComparer.Ordinal)
            .ThenBy(i => i.Path, StringComparer.Ordinal);
        foreach (var series in ordered.GroupBy(i => (i.StudyInstanceUid, i.SeriesInstanceUid)))
        {
            var groups = SplitByContainer([.. series])
                .SelectMany(g => Split(g, i => i.PyramidUid))
                .SelectMany(g => Split(g, i => i.FrameOfReferenceUid))
                .ToList();
            foreach (var group in groups)
            {
                string[] alerts = groups.Count == 1
                    ? []
                    : [$"Series {series.Key.SeriesInstanceUid} holds {groups.Count} slides; this is one of them"];
                slides.Add(DicomSlide.Create(group, alerts));
            }
        }

        return slides;
    }

    /// <summary>
    /// Different containers are different glass slides, always. An accompanying picture that names no container goes with each; a level
    /// that names none stands alone once there are several.
    /// </summary>
    private static List<IReadOnlyList<WsiInstance>> SplitByContainer(IReadOnlyList<WsiInstance> instances)
    {
        var containers = instances.Select(i => i.ContainerIdentifier).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        if (containers.Count < 2) return [instances];
        var groups = containers.Select(c => (IReadOnlyList<WsiInstance>)
            [.. instances.Where(i => i.ContainerIdentifier == c || (i.ContainerIdentifier is null && i.Flavor != WsiFlavor.Volume))])
            .ToList();
        List<WsiInstance> nameless = [.. instances.Where(i => i.ContainerIdentifier is null && i.Flavor == WsiFlavor.Volume)];
        if (nameless.Count > 0) groups.Add(nameless);
        return groups;
    }

    /// <summary>
    /// Splits by an identifier of the levels, but only where it is shared by several of them, or levels of the same size differ in it:
    /// wsi2dcm gives each level a Frame of Reference of its own. What is no level and names none of the levels' identifiers goes with each
    /// group.
    /// </summary>
    private static IEnumerable<IReadOnlyList<WsiInstance>> Split(IReadOnlyList<WsiInstance> instances, Func<WsiInstance, string> identifier)
    {
        var levels = instances.Where(i => i.Flavor == WsiFlavor.Volume).ToList();
        var identifiers = levels.Select(identifier).Distinct().Order(StringComparer.Ordinal).ToList();
        if (identifiers.Count < 2 || !TellsApart(levels, identifier)) return [instances];
        return identifiers.Select(id => (IReadOnlyList<WsiInstance>)
            [.. instances.Where(i => identifier(i) == id || (i.Flavor != WsiFlavor.Volume && !identifiers.Contains(identifier(i))))]);
    }

    private static bool TellsApart(List<WsiInstance> levels, Func<WsiInstance, string> identifier)
    {
        var sizes = levels.Select(i => (Id: identifier(i), i.Geometry?.Width, i.Geometry?.Height)).Distinct().ToList();
        return sizes.GroupBy(s => s.Id).Any(g => g.Count() > 1) || sizes.GroupBy(s => (s.Width, s.Height)).Any(g => g.Count() > 1);
    }
}
