using System.Text;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Scanner.Slides;

/// <summary>
/// Copies of DICOM instances under new identifiers, as if the slide had been scanned again. A new UID is made as long as the one it replaces,
/// so it is written over it in place and everything else of the file stays byte for byte what it was.
/// </summary>
internal sealed class DicomCopy
{
    private static readonly DicomTag[] Renewed =
    [
        Tags.SOPInstanceUID, Tags.SeriesInstanceUID, Tags.FrameOfReferenceUID, Tags.AcquisitionUID, Tags.PyramidUID, Tags.ConcatenationUID,
        Tags.SOPInstanceUIDOfConcatenationSource,
    ];

    private readonly Dictionary<string, string> _new = [];

    /// <summary>Copies one instance. UIDs that several instances share are renewed alike by the same object.</summary>
    public void Copy(string path, string target)
    {
        File.Copy(path, target);
        var places = new List<(FileRange Range, string Uid)>();
        using (var source = Part10File.Open(path))
        {
            Note(source.FileMeta, Tags.MediaStorageSOPInstanceUID);
            foreach (var tag in Renewed) Note(source.DataSet, tag);
        }

        using var file = File.OpenHandle(target, FileMode.Open, FileAccess.Write);
        foreach (var (range, uid) in places) RandomAccess.Write(file, Encoding.ASCII.GetBytes(uid), range.Offset);

        void Note(DicomDataSet set, DicomTag tag)
        {
            if (set.GetString(tag) is { Length: > 0 } old && set.GetRange(tag) is { } range) places.Add((range, Renew(old)));
        }
    }

    private string Renew(string uid)
    {
        if (_new.TryGetValue(uid, out var known)) return known;
        // 2.25 and a number of as many digits as there is room for: a UID even where it is shorter or longer than a UUID (PS3.5 9.1).
        var digits = Uids.New()["2.25.".Length..];
        var room = uid.Length - "2.25.".Length;
        if (room < 12) throw new DicomException($"The UID {uid} is too short to be replaced by one of its length that is unique");
        digits = digits.Length >= room ? digits[^room..] : digits.PadRight(room, '7');
        if (digits[0] == '0') digits = "1" + digits[1..];
        return _new[uid] = "2.25." + digits;
    }
}
