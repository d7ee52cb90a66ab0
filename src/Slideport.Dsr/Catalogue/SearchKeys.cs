using System.Text;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.Catalogue;

/// <summary>The forms in which slides are found: capital letters, no spaces, whatever a label, a scanner or somebody in a hurry made of them.</summary>
internal static class SearchKeys
{
    private const int MaxKey = 200;

    /// <summary>A text as it is looked for.</summary>
    internal static string Of(string? text)
    {
        if (text is null)
            return "";
        var key = new StringBuilder(Math.Min(text.Length, MaxKey));
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
                continue;
            if (key.Length + 2 > MaxKey)
                break;
            key.Append(Rune.ToUpperInvariant(rune));
        }

        return key.ToString();
    }

    /// <summary>The least text that comes after all that begin with a key, by code units; null: there is none.</summary>
    internal static string? After(string key)
    {
        for (var last = key.Length - 1; last >= 0; last--)
        {
            // No half of a pair: that is no text any more.
            if (key[last] < '\uD7FF')
                return key[..last] + (char)(key[last] + 1);
        }

        return null;
    }

    /// <summary>Brings a row's keys up to date with what it says.</summary>
    internal static void Apply(CatalogueSlide slide)
    {
        // Where nobody has told of a barcode and it is not in the file, it is as a rule what the file's name begins with.
        (slide.BarcodeKey, slide.AccessionKey, slide.PatientKey, slide.StainKey) = (Of(slide.Barcode ?? Path.GetFileNameWithoutExtension(slide.Name)), Of(slide.Accession), Of(slide.PatientId), Of(slide.Stain));
    }
}
