using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;

namespace Slideport.Converter.Receiving;

/// <summary>What a received data set says of itself.</summary>
/// <param name="Refusal">The status and the sentence it must be refused with; null when it can be stored.</param>
/// <param name="StudyInstanceUid">Its study; "" when refused.</param>
/// <param name="SeriesInstanceUid">Its series; "" when refused.</param>
internal readonly record struct InstanceCheck((DimseStatus Status, string Reason)? Refusal, string StudyInstanceUid, string SeriesInstanceUid)
{
    /// <summary>
    /// Step 4 of receiving: the data set can be parsed to its end, is what the command announced, and says where it belongs. Whether its
    /// pictures make sense is not asked: a strange slide is stored, and conversion says what is wrong with it.
    /// </summary>
    /// <param name="path">The whole file, header included.</param>
    /// <param name="sopClassUid">SOP class of the command.</param>
    /// <param name="sopInstanceUid">SOP instance of the command.</param>
    internal static InstanceCheck Of(string path, string sopClassUid, string sopInstanceUid)
    {
        try
        {
            using var file = Part10File.Open(path, SkipPerFrameGroups);
            var check = OfAttributes(file, sopClassUid, sopInstanceUid);
            return check.Refusal is null && file.PixelData is { } pixels && pixels.Offset + pixels.Length > file.Source.Length
                ? Refuse(DimseStatus.CannotUnderstand, "The data set ends inside its Pixel Data.")
                : check;
        }
        catch (DicomException e)
        {
            return Refuse(DimseStatus.CannotUnderstand, $"The data set cannot be parsed: {e.Message}");
        }
    }

    /// <summary>The same of a data set of which not all is there, but for what comes last. Null until its Pixel Data has begun, which is encapsulated.</summary>
    /// <param name="arriving">The beginning of the whole file; closed with this.</param>
    /// <param name="sopClassUid">SOP class of the command.</param>
    /// <param name="sopInstanceUid">SOP instance of the command.</param>
    internal static InstanceCheck? OfBeginning(ByteSource arriving, string sopClassUid, string sopInstanceUid)
    {
        try
        {
            using var file = Part10File.Open("", arriving, SkipPerFrameGroups);
            return OfAttributes(file, sopClassUid, sopInstanceUid);
        }
        catch (DicomException)
        {
            return null; // it ends too early: where, or whether more is wrong with it, shows when it is whole
        }
    }

    /// <summary>Whether text from a peer can be a UID at all. Real senders make some longer than the 64 characters of PS3.5 9.1.</summary>
    internal static bool CanBeUid(string? text) => text is { Length: > 0 and <= 128 } && char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiDigit(c) || c == '.');

    private static InstanceCheck OfAttributes(Part10File file, string sopClassUid, string sopInstanceUid)
    {
        var set = file.DataSet;
        if (set.Elements.Count == 0)
            return Refuse(DimseStatus.CannotUnderstand, "The data set is empty.");
        if (set.GetString(Tags.SOPInstanceUID) is var instance && instance != sopInstanceUid)
            return Refuse(DimseStatus.DataSetDoesNotMatchSopClass, $"The data set is instance '{instance}', not the one the command names.");
        if (set.GetString(Tags.SOPClassUID) is var sopClass && sopClass != sopClassUid)
            return Refuse(DimseStatus.DataSetDoesNotMatchSopClass, $"The data set is of SOP class '{sopClass}', not of the one the command names.");
        if (set.GetString(Tags.StudyInstanceUID) is not { } study || !CanBeUid(study))
            return Refuse(DimseStatus.DataSetDoesNotMatchSopClass, "The data set has no usable Study Instance UID.");
        if (set.GetString(Tags.SeriesInstanceUID) is not { } series || !CanBeUid(series))
            return Refuse(DimseStatus.DataSetDoesNotMatchSopClass, "The data set has no usable Series Instance UID.");
        if (file.PixelData is null)
            return Refuse(DimseStatus.DataSetDoesNotMatchSopClass, "The data set has no Pixel Data.");
        return new InstanceCheck(null, study, series);
    }

    private static InstanceCheck Refuse(DimseStatus status, string reason) => new((status, reason), "", "");

    // Millions of elements in a GT 450's full-resolution level: walked through, not kept.
    private static bool SkipPerFrameGroups(DicomReader reader)
    {
        if (reader.Depth != 0 || reader.Tag != Tags.PerFrameFunctionalGroupsSequence)
            return false;
        reader.Skip();
        return true;
    }
}
