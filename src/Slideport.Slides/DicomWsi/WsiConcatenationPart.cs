namespace Slideport.Slides.DicomWsi;

/// <summary>
/// An instance's place in a concatenation: a picture cut into several instances (PS3.3 C.7.6.16.2.2.4). Some producers leave one identifier
/// out.
/// </summary>
/// <param name="Uid">Concatenation UID (0020,9161).</param>
/// <param name="SourceUid">SOP Instance UID of Concatenation Source (0020,0242).</param>
/// <param name="Number">In-concatenation Number (0020,9162), from 1; null if absent.</param>
/// <param name="TotalNumber">In-concatenation Total Number (0020,9163), optional.</param>
/// <param name="FrameOffset">Concatenation Frame Offset Number (0020,9228): frames before this part; null if absent.</param>
public sealed record WsiConcatenationPart(string? Uid, string? SourceUid, int? Number, int? TotalNumber, long? FrameOffset)
{
    /// <summary>Whether two parts say that they belong to the same concatenation.</summary>
    public bool IsSameAs(WsiConcatenationPart other) =>
        (Uid is not null && Uid == other.Uid)
            || (SourceUid is not null && SourceUid == other.SourceUid && (Uid is null || other.Uid is null));
}
