using System.Diagnostics.CodeAnalysis;

namespace Slideport.Slides.Conversion;

/// <summary>What came of a conversion to SVS: the file and a report, or the reason why it cannot be.</summary>
/// <param name="Report">What was done; null if the slide was refused.</param>
/// <param name="Refusal">What stands in the way; null if the slide was converted.</param>
public sealed record ConversionResult(SvsReport? Report, Refusal? Refusal)
{
    /// <summary>Whether there is an SVS.</summary>
    [MemberNotNullWhen(true, nameof(Report))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsConverted => Report is not null;
}
