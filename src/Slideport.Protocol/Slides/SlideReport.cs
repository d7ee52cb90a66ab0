using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Slides;

/// <summary>Where a slide is on its way from the scanner to the image file system.</summary>
public enum SlideStage
{
    /// <summary>Instances arrive.</summary>
    Receiving,

    /// <summary>Not complete although the scanner has finished, or the image store cannot take it now.</summary>
    Waiting,

    /// <summary>An instance came twice with different bytes; the first counts.</summary>
    Conflict,

    /// <summary>All instances are there.</summary>
    Complete,

    /// <summary>The output is being assembled.</summary>
    Converting,

    /// <summary>The output is being published.</summary>
    Delivering,

    /// <summary>The output is visible under its final name.</summary>
    Delivered,

    /// <summary>It was read back and is what was sent.</summary>
    Verified,

    /// <summary>The converter's own copy is gone after its retention.</summary>
    Purged,

    /// <summary>Somebody must look at it.</summary>
    Failed,
}

/// <summary>What a converter says of a slide: <c>POST /role/converters/NAME/slides</c>. Telling again, or an older state after a newer one, changes nothing.</summary>
public sealed record SlideReport
{
    /// <summary>Most reports in one message.</summary>
    public const int MaxReports = 200;

    /// <summary>The slide's name at its converter, 1–64 letters and digits.</summary>
    public required string Slide { get; init; }

    /// <summary>1, and one more each time instances came after a delivery.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Counts the states of this slide: what has the higher number is later.</summary>
    public required long Step { get; init; }

    /// <summary>Where it is.</summary>
    public required SlideStage Stage { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why, as a sentence a person can act on.</summary>
    public required string Reason { get; init; }

    /// <summary>The scanner that sent it; null when the converter does not know its certificate.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>Its series.</summary>
    public required string SeriesInstanceUid { get; init; }

    /// <summary>Instances that are here.</summary>
    public int Instances { get; init; }

    /// <summary>When the first of them came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The file location it goes to; null: the converter's own image store.</summary>
    public string? Location { get; init; }

    /// <summary>Name there; null before it has one.</summary>
    public string? Path { get; init; }

    /// <summary>Bytes of the delivered file or files; null before.</summary>
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of the delivered file, 64 hexadecimal digits; null before.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Everything wrong with it.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (Slide is not { Length: > 0 and <= 64 } || !Slide.All(char.IsAsciiLetterOrDigit))
            yield return new FieldError("slide", "Write 1 to 64 letters and digits.");
        if (Revision < 1 || Step < 0 || Instances < 0 || Bytes < 0)
            yield return new FieldError("revision", "A number is negative, or the revision 0.");
        if (!Enum.IsDefined(Stage))
            yield return new FieldError("stage", "There is no such stage.");
        if (!MessageText.Fits(Reason, 1000))
            yield return new FieldError("reason", "Longer than 1000 characters, or the character U+0000 in it.");
        if (SeriesInstanceUid.Length == 0 || !MessageText.Fits(SeriesInstanceUid, 128))
            yield return new FieldError("seriesInstanceUid", "No DICOM UID.");
        if (!MessageText.Fits(SerialNumber, 64))
            yield return new FieldError("serialNumber", "Longer than 64 characters, or the character U+0000 in it.");
        if (!MessageText.Fits(Location, 400))
            yield return new FieldError("location", "Longer than 400 characters, or the character U+0000 in it.");
        if (!MessageText.Fits(Path, 400))
            yield return new FieldError("path", "Longer than 400 characters, or the character U+0000 in it.");
        if (Sha256 is not null && (Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigit)))
            yield return new FieldError("sha256", "Write 64 hexadecimal digits.");
    }
}
