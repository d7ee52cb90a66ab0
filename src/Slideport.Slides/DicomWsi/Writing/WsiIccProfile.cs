using Slideport.Dicom;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>An ICC profile where it lies in a file. A GT 450's has 13 MB, so it goes from file to file without passing through memory.</summary>
/// <param name="Source">The open file; stays the caller's.</param>
/// <param name="Range">The profile's bytes.</param>
public sealed record WsiIccProfile(ByteSource Source, FileRange Range);
