using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>What a received file says of itself, read before it may be stored.</summary>
/// <param name="SopClassUid">Empty where it tells none that could be one.</param>
/// <param name="SopInstanceUid">As <paramref name="SopClassUid"/>.</param>
/// <param name="StudyUid">Usable when it is not refused.</param>
/// <param name="SeriesUid">As <paramref name="StudyUid"/>.</param>
/// <param name="Refusal">Why it cannot be stored; null: it can.</param>
internal sealed record ReceivedInstance(string SopClassUid, string SopInstanceUid, string StudyUid, string SeriesUid, StoreRefusal? Refusal)
{
    // PS3.5 9.1. Names of files are made of them.
    private const int MaxUid = 64;

    /// <summary>Nothing of which anything is known.</summary>
    internal static ReceivedInstance Unknown(StoreRefusal refusal) => new("", "", "", "", refusal);

    /// <summary>The same, refused.</summary>
    internal ReceivedInstance Refused(DimseStatus reason, string sentence) => this with { Refusal = new StoreRefusal(reason, sentence) };

    /// <summary>
    /// Reads a file: it must be a DICOM file to its end, a whole-slide image with all its frames, and belong where it is sent to.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="study">The study that is stored to; null: any.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static ReceivedInstance Of(string path, string? study)
    {
        var known = Unknown(new StoreRefusal(DimseStatus.CannotUnderstand, ""));
        try
        {
            using var file = Part10File.Open(path);
            var set = file.DataSet;
            known = new ReceivedInstance(Uid(set, Tags.SOPClassUID), Uid(set, Tags.SOPInstanceUID), Uid(set, Tags.StudyInstanceUID), Uid(set, Tags.SeriesInstanceUID), null);
            return known.Check(file, study);
        }
        catch (DicomException e)
        {
            return known.Refused(DimseStatus.CannotUnderstand, $"It cannot be read: {e.Message}");
        }
    }

    /// <summary>Whether text is a UID.</summary>
    internal static bool IsUid(string? text) =>
        text is { Length: > 0 and <= MaxUid } && text.All(c => char.IsAsciiDigit(c) || c == '.') && text[0] != '.' && text[^1] != '.' && !text.Contains("..", StringComparison.Ordinal);

    private static string Uid(DicomDataSet set, DicomTag tag) => set.GetString(tag) is { } uid && IsUid(uid) ? uid : "";

    private ReceivedInstance Check(Part10File file, string? study)
    {
        if (SopInstanceUid.Length == 0 || StudyUid.Length == 0 || SeriesUid.Length == 0)
            return Refused(DimseStatus.DataSetDoesNotMatchSopClass, "It has no usable SOP Instance UID, Study Instance UID or Series Instance UID.");
        if (SopClassUid != Uids.VLWholeSlideMicroscopyImageStorage)
            return Refused(DimseStatus.SopClassNotSupported, "It is no VL Whole Slide Microscopy Image; nothing else is kept here.");
        if (file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID) != SopInstanceUid || file.FileMeta.GetString(Tags.MediaStorageSOPClassUID) != SopClassUid)
            return Refused(DimseStatus.DataSetDoesNotMatchSopClass, "The file's header names another instance or SOP class than its data set.");
        if (study is not null && study != StudyUid)
            return Refused(DimseStatus.DataSetDoesNotMatchSopClass, $"It belongs to study {StudyUid}, and not to the one it was sent to.");
        // Nothing in a deflated data set has a place, and how frames of an unknown syntax are coded nobody here could tell.
        if (file.TransferSyntax.IsDeflated || !file.TransferSyntax.IsKnown)
            return Refused(StoreRefusal.TransferSyntaxNotSupported, $"Transfer syntax {file.TransferSyntax.Uid} is not kept here.");
        if (file.PixelData is not { } pixels)
            return Refused(DimseStatus.DataSetDoesNotMatchSopClass, "It has no Pixel Data.");
        if (pixels.Offset + pixels.Length > file.Source.Length)
            return Refused(DimseStatus.CannotUnderstand, "It ends inside its Pixel Data.");
        file.BuildFrameIndex();
        return this;
    }
}
