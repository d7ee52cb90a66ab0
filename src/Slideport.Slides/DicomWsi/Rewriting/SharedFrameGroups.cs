using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// What the frames of an instance say of themselves, as far as TILED_FULL can say it: there a frame's place follows from its number
/// (PS3.3 C.7.6.17.3), and everything else is said once for all (Shared Functional Groups).
/// </summary>
internal sealed class SharedFrameGroups
{
    /// <summary>What TILED_FULL has no need to say: where a frame lies, and which is the only optical path.</summary>
    private static readonly DicomTag[] Implied = [Tags.PlanePositionSlideSequence, Tags.OpticalPathIdentificationSequence];

    private readonly WsiInstance _instance;
    private readonly List<string> _warnings;
    private byte[]? _first; // the first frame's, encoded: a frame that says the same has the same bytes
    private Refusal? _refusal;
    private bool _hasContent;

    private SharedFrameGroups(WsiInstance instance, List<string> warnings) => (_instance, _warnings) = (instance, warnings);

    /// <summary>The functional groups that every frame has alike, without those that say where it lies.</summary>
    public DicomDataSet Common { get; private set; } = new();

    /// <summary>Reads them.</summary>
    /// <returns>The groups, or why one word for all frames would lose something.</returns>
    /// <exception cref="Slideport.Dicom.DicomException">The file is malformed, or a value in an item is too long to be compared.</exception>
    public static (SharedFrameGroups? Groups, Refusal? Refusal) Read(WsiInstance instance, List<string> warnings, CancellationToken cancellationToken)
    {
        var groups = new SharedFrameGroups(instance, warnings);
        FrameGroupItems.ForEach(instance.Path, groups.Take, cancellationToken);
        return groups._refusal is { } refusal ? (null, refusal) : (groups, null);
    }

    /// <summary>Whether the frames of two instances say the same.</summary>
    public bool IsLike(SharedFrameGroups other) => (_first ?? []).AsSpan().SequenceEqual(other._first ?? []);

    /// <summary>Puts them into a copy of Shared Functional Groups (5200,9229), from which it takes what is implied.</summary>
    public DicomDataSet MergeInto(DicomDataSet shared)
    {
        foreach (var tag in Implied) shared.Remove(tag);
        foreach (var group in Common.Elements) shared.Set(group.Tag, group.Items);
        return shared;
    }

    // The item is ours: nobody else sees it.
    private bool Take(DicomDataSet item)
    {
        NoteContent(item);
        item.Remove(Tags.FrameContentSequence);
        foreach (var tag in Implied) item.Remove(tag);
        if (item.Elements.FirstOrDefault(e => !e.IsSequence) is { } strange) return Refuse($"its frames have {strange.Tag} outside every functional group");

        var bytes = item.ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        if (_first is null) (_first, Common) = (bytes, item);
        return bytes.AsSpan().SequenceEqual(_first) || Refuse("its frames differ in more than their places, which TILED_FULL cannot tell");
    }

    /// <summary>Times and numbers of single frames have no place in TILED_FULL; the pixels and where they lie do not depend on them.</summary>
    private void NoteContent(DicomDataSet item)
    {
        if (_hasContent || item.GetItem(Tags.FrameContentSequence) is not { } content) return;
        _hasContent = content.Elements.Any(e => e.Tag != Tags.DimensionIndexValues);
        if (_hasContent) _warnings.Add($"{_instance}: times and numbers of single frames are left out, for which TILED_FULL has no place");
    }

    private bool Refuse(string reason)
    {
        _refusal = WsiRules.Refuse(_instance, reason, "PerFrameFunctionalGroupsSequence");
        return false;
    }
}
