using System.Globalization;

namespace Slideport.Bench;

/// <summary>One line of the benchmark: a measurement, what it was held against in the same run, and whether the goal was met.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">Our figure, in <paramref name="Unit"/>.</param>
/// <param name="Unit">Unit of <paramref name="Value"/> and of the peer's figure: MB/s, s, MB, s/GB.</param>
/// <param name="Against">The peer or limit and its figure; null where the goal is absolute.</param>
/// <param name="Ratio">Ours over theirs, oriented so that more is better; null where the goal is absolute.</param>
/// <param name="Goal">The goal in words, as the table prints it.</param>
/// <param name="Met">Whether the goal was met in this run; null when the peer could not be run (the reason is in <paramref name="Against"/>).</param>
public sealed record BenchRow(string Name, double Value, string Unit, string? Against, double? Ratio, string Goal, bool? Met)
{
    /// <summary>The row as a line of a Markdown table.</summary>
    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Name} | {Value:0.##} {Unit} | {Against ?? "–"} | {(Ratio is { } r ? r.ToString("0.00", CultureInfo.InvariantCulture) : "–")} | {Goal} | {Met switch { true => "yes", false => "**no**", null => "–" }} |");
}

/// <summary>A whole run: the machine it ran on and its rows.</summary>
public sealed record BenchReport(string Machine, IReadOnlyList<BenchRow> Rows);
