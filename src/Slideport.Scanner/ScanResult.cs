using Slideport.Scanner.Sending;
using Slideport.Slides;

namespace Slideport.Scanner;

/// <summary>What came of a scan.</summary>
/// <param name="Ledger">What was sent and what the receiver said.</param>
/// <param name="Refusals">Slides that cannot be carried as DICOM without loss, and why.</param>
/// <param name="Warnings">What was left out of slides, one sentence each.</param>
public sealed record ScanResult(SendLedger Ledger, IReadOnlyList<(string Slide, Refusal Refusal)> Refusals, IReadOnlyList<string> Warnings)
{
    /// <summary>Whether every slide was sent, acknowledged and, where asked for, committed.</summary>
    public bool IsComplete => Refusals.Count == 0 && Ledger.IsComplete;
}
