using System.Text.RegularExpressions;

namespace Slideport.Dsr.Catalogue;

/// <summary>What a lab's barcodes say besides being unlike each other.</summary>
/// <param name="pattern">A regular expression with some of the <see cref="Groups"/>; empty: the accession number is the part before the first semicolon.</param>
internal sealed class BarcodeReading(string pattern)
{
    private const string AccessionGroup = "accession";
    private const string StainGroup = "stain";

    /// <summary>Groups that count.</summary>
    internal static readonly IReadOnlyList<string> Groups = [AccessionGroup, StainGroup];

    // Takes time in proportion to the barcode, whoever printed it.
    private readonly Regex? _pattern = pattern.Length == 0 ? null : new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>The accession number; null when there is none.</summary>
    internal string? Accession(string? barcode)
    {
        if (_pattern is not null)
            return Group(barcode, AccessionGroup);
        return barcode?.IndexOf(';', StringComparison.Ordinal) is > 0 and var end ? barcode[..end].Trim() : null;
    }

    /// <summary>The stain; null when there is none.</summary>
    internal string? Stain(string? barcode) => Group(barcode, StainGroup);

    private string? Group(string? barcode, string name) =>
        barcode is not null && _pattern?.Match(barcode).Groups[name] is { Success: true, Length: > 0 } found ? found.Value.Trim() : null;
}
