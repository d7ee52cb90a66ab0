using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;

namespace Slideport.Slides.Svs;

/// <summary>An ICC profile that lies in another file.</summary>
/// <param name="Source">That file; stays the caller's.</param>
/// <param name="Range">Where the profile lies in it; DICOM's padding byte may be included, it is cut off.</param>
public sealed record SvsIccProfile(SafeFileHandle Source, FileRange Range)
{
    /// <summary>What is written instead of it; null: itself.</summary>
    internal byte[]? Blanked { get; init; }
}
