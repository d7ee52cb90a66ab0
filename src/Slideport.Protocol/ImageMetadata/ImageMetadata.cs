using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.ImageMetadata;

/// <summary>What a scanner says of one image (flow F7), and SAM passes on to the DSR (flow F8): <c>PUT /scanner/images/IMAGEID</c>.</summary>
public sealed record ImageMetadata
{
    /// <summary>Most instances one image may have: ten focal planes of a GT 450's seven, several times.</summary>
    public const int MaxInstances = 1000;

    /// <summary>The scanner's own id of the image, 1–64 of letters, digits, point, hyphen, underscore. Unique per scanner; sending it again changes nothing.</summary>
    public required string ImageId { get; init; }

    /// <summary>Series Instance UID of its instances.</summary>
    public required string SeriesInstanceUid { get; init; }

    /// <summary>Study Instance UID of its instances.</summary>
    public string StudyInstanceUid { get; init; } = "";

    /// <summary>Barcode of the label; null when none could be read.</summary>
    public string? Barcode { get; init; }

    /// <summary>When the scan began.</summary>
    public required DateTimeOffset ScanTime { get; init; }

    /// <summary>How long it took.</summary>
    public double ScanSeconds { get; init; }

    /// <summary>The rack it lay in.</summary>
    public string? Rack { get; init; }

    /// <summary>The slot of the rack.</summary>
    public string? Slot { get; init; }

    /// <summary>Micrometres per pixel of the largest level.</summary>
    public double? MicronsPerPixel { get; init; }

    /// <summary>Objective power, such as 40.</summary>
    public double? ObjectivePower { get; init; }

    /// <summary>Columns of the largest level.</summary>
    public long? Width { get; init; }

    /// <summary>Rows of the largest level.</summary>
    public long? Height { get; init; }

    /// <summary>The scanner's own judgement, 0–1; null where it has none.</summary>
    public double? FocusScore { get; init; }

    /// <summary>Version of the configuration it was scanned under.</summary>
    public long ConfigurationVersion { get; init; }

    /// <summary>All its instances: by this list the slide is known to be complete.</summary>
    public required IReadOnlyList<ImageInstance> Instances { get; init; }

    /// <summary>Everything wrong with it.</summary>
    public IReadOnlyList<FieldError> Validate()
    {
        var errors = new List<FieldError>();
        void Check(bool holds, string field, string message)
        {
            if (!holds)
                errors.Add(new FieldError(field, message));
        }

        Check(IsId(ImageId), "imageId", "Write 1 to 64 letters, digits, points, hyphens and underscores.");
        Check(IsUid(SeriesInstanceUid), "seriesInstanceUid", "No DICOM UID.");
        Check(StudyInstanceUid.Length == 0 || IsUid(StudyInstanceUid), "studyInstanceUid", "No DICOM UID.");
        Check(Barcode is null || Barcode.Length <= 200, "barcode", "Longer than 200 characters.");
        Check(ScanTime.Year is >= 2000 and <= 2200, "scanTime", "Not a time a slide can have been scanned at.");
        Check(ScanSeconds is >= 0 and <= 86_400, "scanSeconds", "Not between 0 and a day.");
        Check(Rack is null || Rack.Length <= 64, "rack", "Longer than 64 characters.");
        Check(Slot is null || Slot.Length <= 64, "slot", "Longer than 64 characters.");
        Check(MicronsPerPixel is null or (> 0 and < 1000), "micronsPerPixel", "Not between 0 and 1000.");
        Check(ObjectivePower is null or (> 0 and < 1000), "objectivePower", "Not between 0 and 1000.");
        Check(Width is null or > 0, "width", "Not positive.");
        Check(Height is null or > 0, "height", "Not positive.");
        Check(FocusScore is null or (>= 0 and <= 1), "focusScore", "Not between 0 and 1.");
        Check(Instances.Count is >= 1 and <= MaxInstances, "instances", $"An image has 1 to {MaxInstances} instances.");
        for (var i = 0; i < Math.Min(Instances.Count, MaxInstances); i++)
        {
            Check(IsUid(Instances[i].SopInstanceUid), $"instances[{i}].sopInstanceUid", "No DICOM UID.");
            Check(Instances[i].Sha256 is { Length: 64 } hash && hash.All(char.IsAsciiHexDigitLower), $"instances[{i}].sha256", "Write 64 hexadecimal digits in small letters.");
            Check(Instances[i].Bytes > 0, $"instances[{i}].bytes", "Not positive.");
        }

        Check(Instances.Select(i => i.SopInstanceUid).Distinct(StringComparer.Ordinal).Count() == Instances.Count, "instances", "An instance is named twice.");
        return errors;
    }

    // Real senders make some longer than the 64 characters of PS3.5 9.1.
    private static bool IsUid(string? text) => text is { Length: > 0 and <= 128 } && text.All(c => char.IsAsciiDigit(c) || c == '.');

    private static bool IsId(string? text) => text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}

/// <summary>One instance of an image.</summary>
/// <param name="SopInstanceUid">Its SOP Instance UID.</param>
/// <param name="Sha256">SHA-256 of its data set as sent, 64 hexadecimal digits in small letters.</param>
/// <param name="Bytes">Bytes of its data set.</param>
public sealed record ImageInstance(string SopInstanceUid, string Sha256, long Bytes);
