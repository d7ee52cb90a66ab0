namespace Slideport.Slides.Conversion;

/// <summary>What came of a conversion to DICOM: files, or the reason why there are none.</summary>
/// <param name="Files">Paths of the instances: levels from the largest, parts of a concatenation in order, thumbnail, label, overview.</param>
/// <param name="Refusal">Why the slide cannot be carried losslessly; null if it was.</param>
/// <param name="Warnings">What was left out or put right, one sentence each.</param>
public sealed record SvsToDicomResult(IReadOnlyList<string> Files, Refusal? Refusal, IReadOnlyList<string> Warnings);
