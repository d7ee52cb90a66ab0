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

        Check(MessageText.IsId(ImageId), "imageId", MessageText.IdRule);
        Check(MessageText.IsUid(SeriesInstanceUid), "seriesInstanceUid", "No DICOM UID.");
        Check(StudyInstanceUid.Length == 0 || MessageText.IsUid(StudyInstanceUid), "studyInstanceUid", "No DICOM UID.");
        Check(MessageText.Fits(Barcode, 200), "barcode", "Longer than 200 characters, or the character U+0000 in it.");
        Check(ScanTime.Year is >= 2000 and <= 2200, "scanTime", "Not a time a slide can have been scanned at.");
        Check(ScanSeconds is >= 0 and <= 86_400, "scanSeconds", "Not between 0 and a day.");
        Check(MessageText.Fits(Rack, 64), "rack", "Longer than 64 characters, or the character U+0000 in it.");
        Check(MessageText.Fits(Slot, 64), "slot", "Longer than 64 characters, or the character U+0000 in it.");
        Check(MicronsPerPixel is null or (> 0 and < 1000), "micronsPerPixel", "Not between 0 and 1000.");
        Check(ObjectivePower is null or (> 0 and < 1000), "objectivePower", "Not between 0 and 1000.");
        Check(Width is null or > 0, "width", "Not positive.");
        Check(Height is null or > 0, "height", "Not positive.");
        Check(FocusScore is null or (>= 0 and <= 1), "focusScore", "Not between 0 and 1.");
        Check(Instances.Count is >= 1 and <= MaxInstances, "instances", $"An image has 1 to {MaxInstances} instances.");
        for (var i = 0; i < Math.Min(Instances.Count, MaxInstances); i++)
            errors.AddRange(Instances[i] is { } instance ? instance.Validate($"instances[{i}]") : [new FieldError($"instances[{i}]", "This is no instance.")]);
        Check(Instances.Where(i => i is not null).GroupBy(i => i.SopInstanceUid, StringComparer.Ordinal).All(g => g.Count() == 1), "instances", "An instance is named twice.");
        return errors;
    }
}

/// <summary>One instance of an image.</summary>
/// <param name="SopInstanceUid">Its SOP Instance UID.</param>
/// <param name="Sha256">SHA-256 of its data set as sent, 64 hexadecimal digits in small letters.</param>
/// <param name="Bytes">Bytes of its data set.</param>
public sealed record ImageInstance(string SopInstanceUid, string Sha256, long Bytes)
{
    // More than any file system holds in one file; a thousand of them can still be added up.
    private const long MaxBytes = 1L << 50;

    internal IEnumerable<FieldError> Validate(string field)
    {
        if (!MessageText.IsUid(SopInstanceUid))
            yield return new FieldError($"{field}.sopInstanceUid", "No DICOM UID.");
        if (Sha256 is not { Length: 64 } || !Sha256.All(char.IsAsciiHexDigitLower))
            yield return new FieldError($"{field}.sha256", "Write 64 hexadecimal digits in small letters.");
        if (Bytes is < 1 or > MaxBytes)
            yield return new FieldError($"{field}.bytes", "Not positive, or more than a pebibyte.");
    }
}
