using System.Text;
using Slideport.Dicom.DataSets;

namespace Slideport.Dicom.Dictionary;

/// <summary>
/// The data dictionary of PS3.6 (with the command group of PS3.7): keyword, VR, multiplicity. Look-ups are binary searches in read-only
/// data
/// of the assembly and allocate nothing.
/// </summary>
public static class DicomDictionary
{
    private static readonly Vr[] UsualVrs = [.. DictionaryTable.VrChoices.Select(c => c.Length < 2 ? Vr.None : Vr.Parse(c[..2]))];

    /// <summary>Every entry in ascending order of tags, repeating groups (with 0 for x) at the end.</summary>
    public static IEnumerable<DictionaryEntry> Entries =>
        Enumerable.Range(0, DictionaryTable.Entries.Length).Select(i => new DictionaryEntry(new DicomTag(DictionaryTable.Tags[i]), i));

    /// <summary>What the standard says of a tag; null for private and unknown ones.</summary>
    /// <param name="tag">The tag; a member of a repeating group finds the group's entry.</param>
    public static DictionaryEntry? Find(DicomTag tag) => IndexOf(tag) is var i and >= 0 ? new DictionaryEntry(tag, i) : null;

    /// <summary>What the standard says of a keyword (case matters); null if there is none such.</summary>
    /// <param name="keyword">For example "SOPInstanceUID".</param>
    public static DictionaryEntry? FindKeyword(string keyword)
    {
        ArgumentNullException.ThrowIfNull(keyword);
        Span<byte> sought = stackalloc byte[128];
        if (keyword.Length > sought.Length || !Encoding.ASCII.TryGetBytes(keyword, sought, out var length)) return null;
        sought = sought[..length];

        var (low, high) = (0, DictionaryTable.ByKeyword.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var index = DictionaryTable.ByKeyword[middle];
            switch (KeywordOf(index).SequenceCompareTo(sought))
            {
                case 0: return new DictionaryEntry(new DicomTag(DictionaryTable.Tags[index]), index);
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return null;
    }

    /// <summary>
    /// The VR a tag has where none is written (implicit VR, PS3.5 A.1): the dictionary's, UL for group lengths, LO for private creators,
    /// else UN.
    /// </summary>
    /// <param name="tag">The tag.</param>
    public static Vr VrOf(DicomTag tag)
    {
        if (tag.IsGroupLength) return Vr.UL;
        if (tag.IsPrivate) return tag.IsPrivateCreator ? Vr.LO : Vr.UN;
        if (tag.Value == PixelData) return Vr.OW; // PS3.5 A.1: OW in implicit VR, whatever the depth.
        var i = IndexOf(tag);
        return i < 0 ? Vr.UN : VrOf(i);
    }

    private const uint PixelData = 0x7FE00010;

    internal static Vr VrOf(int index) => UsualVrs[VrChoiceOf(index)];

    internal static int VrChoiceOf(int index) => (int)(DictionaryTable.Entries[index] >> 6 & 63);

    internal static ReadOnlySpan<byte> KeywordOf(int index)
    {
        var text = DictionaryTable.Keywords[(int)(DictionaryTable.Entries[index] >> 12)..];
        return text[..text.IndexOf((byte)'\n')];
    }

    private static int IndexOf(DicomTag tag)
    {
        var tags = DictionaryTable.Tags;
        var i = tags[..DictionaryTable.AttributeCount].BinarySearch(tag.Value);
        if (i >= 0) return i;
        if (tag.IsPrivate) return -1; // the odd groups between 5000 and 50FF are private, not repeating
        for (i = 0; i < DictionaryTable.Masks.Length; i++)
        {
            if ((tag.Value & DictionaryTable.Masks[i]) == tags[DictionaryTable.AttributeCount + i])
            {
                return DictionaryTable.AttributeCount + i;
            }
        }

        return -1;
    }
}
