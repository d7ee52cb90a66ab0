namespace Slideport.Slides.Conversion;

/// <summary>What came of bringing a slide from DICOM to DICOM: files, or the reason why there are none.</summary>
/// <param name="Files">Paths of the instances: levels from the largest, then the pictures beside them.</param>
/// <param name="Refusal">Why the slide cannot be carried without loss; null if it was.</param>
/// <param name="Warnings">What was put right or left out, one sentence each.</param>
public sealed record DicomToDicomResult(IReadOnlyList<string> Files, Refusal? Refusal, IReadOnlyList<string> Warnings);
