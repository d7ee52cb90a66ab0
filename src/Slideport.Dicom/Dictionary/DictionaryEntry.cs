using System.Text;
using Slideport.Dicom.DataSets;

namespace Slideport.Dicom.Dictionary;

/// <summary>What PS3.6 says of an attribute.</summary>
public readonly record struct DictionaryEntry
{
    private readonly int _index;

    internal DictionaryEntry(DicomTag tag, int index)
    {
        Tag = tag;
        _index = index;
    }

    /// <summary>The tag that was asked for; for a repeating group this is the member, as (6002,0010).</summary>
    public DicomTag Tag { get; }

    /// <summary>Keyword, as "TotalPixelMatrixColumns"; empty for the few retired attributes whose name PS3.6 has withdrawn.</summary>
    public string Keyword => Encoding.ASCII.GetString(DicomDictionary.KeywordOf(_index));

    /// <summary>The VR, or the usual one where several are allowed; <see cref="Vr.None"/> for items and delimiters.</summary>
    public Vr Vr => DicomDictionary.VrOf(_index);

    /// <summary>All VRs that are allowed, the usual one first.</summary>
    public IReadOnlyList<Vr> Vrs =>
    [
        .. DictionaryTable.VrChoices[DicomDictionary.VrChoiceOf(_index)].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Vr.Parse),
    ];

    /// <summary>Value multiplicity as the standard writes it: "1", "1-n", "2-2n".</summary>
    public string Multiplicity => DictionaryTable.Multiplicities[(int)(DictionaryTable.Entries[_index] >> 1 & 31)];

    /// <summary>Whether the standard has retired the attribute.</summary>
    public bool IsRetired => (DictionaryTable.Entries[_index] & 1) != 0;
}
