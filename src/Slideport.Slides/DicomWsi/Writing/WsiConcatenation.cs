namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>A concatenation, as one of its parts names it.</summary>
/// <param name="Uid">Concatenation UID (0020,9161).</param>
/// <param name="SourceUid">SOP Instance UID of Concatenation Source (0020,0242): the instance that was too large to be written.</param>
/// <param name="Number">In-concatenation Number (0020,9162), from 1.</param>
/// <param name="Total">In-concatenation Total Number (0020,9163).</param>
internal sealed record WsiConcatenation(string Uid, string SourceUid, int Number, int Total);
