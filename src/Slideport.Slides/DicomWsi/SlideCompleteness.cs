namespace Slideport.Slides.DicomWsi;

/// <summary>
/// Whether a slide's instances are all there, as far as they tell. DICOM has no mark for the end of a series (PS3.4 annex B), so this is
/// one of several signs beside storage commitment, the end of the association, and silence.
/// </summary>
/// <param name="Missing">What certainly has not arrived yet, one sentence each.</param>
/// <param name="Uncertain">What cannot be told from the instances: more may come or not, one sentence each.</param>
public sealed record SlideCompleteness(IReadOnlyList<string> Missing, IReadOnlyList<string> Uncertain)
{
    /// <summary>Whether every level has all its frames and every concatenation all its parts, with nothing left in doubt.</summary>
    public bool IsComplete => Missing.Count == 0 && Uncertain.Count == 0;
}
