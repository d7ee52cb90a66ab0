using Slideport.Dicom.DataSets;

namespace Slideport.Dsr.DicomWeb;

/// <summary>A text that is looked for.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsBeginning">Whether anything may follow: there was a <c>*</c> behind it.</param>
internal readonly record struct TextMatch(string Text, bool IsBeginning);

/// <summary>What a QIDO-RS request asks for (PS3.18 10.6); null where it says nothing.</summary>
internal sealed record WebQuestion
{
    /// <summary>Most results of one answer.</summary>
    internal const int MaxLimit = 1000;

    /// <summary>Farthest a page may begin.</summary>
    internal const int MaxOffset = 1_000_000;

    /// <summary>Most UIDs of a list.</summary>
    internal const int MaxUids = 100;

    public IReadOnlyList<string>? Studies { get; init; }

    public IReadOnlyList<string>? Series { get; init; }

    public IReadOnlyList<string>? Instances { get; init; }

    public IReadOnlyList<string>? SopClasses { get; init; }

    public int? InstanceNumber { get; init; }

    public TextMatch? Patient { get; init; }

    public TextMatch? Accession { get; init; }

    public TextMatch? Container { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether something is asked that no slide here is, as another modality.</summary>
    public bool IsOfNothing { get; init; }

    public int Limit { get; init; } = MaxLimit;

    public int Offset { get; init; }

    /// <summary>Attributes wanted beyond the usual ones.</summary>
    public IReadOnlySet<DicomTag> Fields { get; init; } = new HashSet<DicomTag>();

    public bool WantsAllFields { get; init; }

    /// <summary>What of the request was not followed, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
