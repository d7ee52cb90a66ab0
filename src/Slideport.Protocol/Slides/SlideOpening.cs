using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Slides;

/// <summary>That somebody has looked at a slide or taken a copy of it, for the audit trail: <c>POST /role/openings</c>. Telling again changes nothing.</summary>
public sealed record SlideOpening
{
    /// <summary>Most of them in one message.</summary>
    public const int MaxOpenings = 200;

    /// <summary>Longest <see cref="Detail"/>.</summary>
    public const int MaxDetail = 600;

    /// <summary>The teller's own name for it, 1–64 letters, digits, points, hyphens and underscores; unique for a month: SAM remembers no longer what it was told.</summary>
    public required string Id { get; init; }

    /// <summary>The slide's series.</summary>
    public required string SeriesInstanceUid { get; init; }

    /// <summary>Who: <c>user:NAME</c>, or <c>program:NAME</c> of one that asked for itself.</summary>
    public required string OpenedBy { get; init; }

    /// <summary>The address it was asked for from.</summary>
    public required string Source { get; init; }

    /// <summary>When, by the teller's clock.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>What for: <c>view</c>, <c>download</c> …</summary>
    public required string Purpose { get; init; }

    /// <summary>What else there is to know of it: why a slide was removed, and which bytes they were; null: nothing.</summary>
    public string? Detail { get; init; }

    /// <summary>Everything wrong with it.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (!MessageText.IsId(Id))
            yield return new FieldError("id", MessageText.IdRule);
        if (!MessageText.IsUid(SeriesInstanceUid))
            yield return new FieldError("seriesInstanceUid", "No DICOM UID.");
        // Nobody else's name: what scanners, roles and SAM itself have done is in the trail, too.
        if (!(OpenedBy.StartsWith("user:", StringComparison.Ordinal) || OpenedBy.StartsWith("program:", StringComparison.Ordinal)) || !MessageText.Fits(OpenedBy, 200))
            yield return new FieldError("openedBy", "Write user: or program: and a name, at most 200 characters, U+0000 not among them.");
        if (!MessageText.Fits(Source, 100))
            yield return new FieldError("source", "Longer than 100 characters, or the character U+0000 in it.");
        if (!MessageText.IsId(Purpose))
            yield return new FieldError("purpose", MessageText.IdRule);
        if (!MessageText.Fits(Detail, MaxDetail))
            yield return new FieldError("detail", $"Longer than {MaxDetail} characters, or the character U+0000 in it.");
    }
}
