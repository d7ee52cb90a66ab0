namespace Slideport.Converter.Completion;

/// <summary>What is known about a slide when it is asked whether all of it is there.</summary>
/// <param name="Manifest">What the scanner's manifest says; null while there is none.</param>
/// <param name="Committed">A Storage Commitment request named exactly the instances that are here.</param>
/// <param name="SenderFinished">The last sender released its association, in order.</param>
/// <param name="OpenAssociations">Associations that sent instances of it and are still open.</param>
/// <param name="Quiet">Time since the last instance came or the last sender left, whichever is later.</param>
/// <param name="Missing">Why the slide is structurally incomplete, as a sentence; null when every level's frames are there.</param>
internal readonly record struct CompletionFacts(
    ManifestFacts? Manifest, bool Committed, bool SenderFinished, int OpenAssociations, TimeSpan Quiet, string? Missing);

/// <summary>The scanner's manifest, held against what is here.</summary>
/// <param name="Unfulfilled">What it names and is not here, as a sentence; null when all of it is.</param>
internal readonly record struct ManifestFacts(string? Unfulfilled);

/// <summary>The answer.</summary>
/// <param name="Kind">Complete, incomplete or too early to say.</param>
/// <param name="Reason">A sentence for the record.</param>
internal readonly record struct CompletionVerdict(CompletionKind Kind, string Reason);

/// <summary>Kinds of answer.</summary>
internal enum CompletionKind
{
    /// <summary>Ask again after more has happened, or after the quiet time.</summary>
    TooEarly,

    /// <summary>Convert it.</summary>
    Complete,

    /// <summary>The sender is done, or has gone, and something is missing.</summary>
    Incomplete,
}

/// <summary>
/// When a slide is complete. DICOM has no end-of-series mark on storage, so the scanner's own word decides at once: its manifest, which SAM has,
/// before a Storage Commitment request that names the instances. Without either the sender must have released its association, every level's
/// frames must be there, and nothing may have come for the quiet time, which does not run while an association for the slide is open.
/// </summary>
internal static class CompletionPolicy
{
    /// <summary>Decides. Structure decides last in every way: what is not whole is never delivered as a whole.</summary>
    internal static CompletionVerdict Decide(in CompletionFacts facts, TimeSpan quietTime)
    {
        if (facts.Manifest is { Unfulfilled: null })
            return WholeOrNot(facts, "All instances the scanner's manifest names are here.");
        if (facts is { Manifest: null, Committed: true })
            return WholeOrNot(facts, "The scanner asked for storage commitment of all instances.");
        if (facts.OpenAssociations > 0)
            return new CompletionVerdict(CompletionKind.TooEarly, "The scanner is still connected.");
        if (facts.Quiet < quietTime)
            return new CompletionVerdict(CompletionKind.TooEarly, "The quiet time has not passed.");
        if (facts.Manifest is { Unfulfilled: { } unfulfilled })
            return new CompletionVerdict(CompletionKind.Incomplete, unfulfilled);
        if (!facts.SenderFinished)
            return new CompletionVerdict(CompletionKind.Incomplete, "The scanner's association broke off; waiting for it to send again.");
        return WholeOrNot(facts, "The scanner released its association, every frame is there, and nothing came for the quiet time.");
    }

    private static CompletionVerdict WholeOrNot(in CompletionFacts facts, string reason) => facts.Missing is null
        ? new CompletionVerdict(CompletionKind.Complete, reason)
        : new CompletionVerdict(CompletionKind.Incomplete, $"The scanner has sent everything, but the slide is not whole: {facts.Missing}");
}
