namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>One instance to be written: an image, or one part of a concatenation (PS3.3 C.7.6.16.2.2.4).</summary>
/// <param name="SopInstanceUid">SOP Instance UID (0008,0018).</param>
/// <param name="InstanceNumber">Instance Number (0020,0013), unique in the series.</param>
/// <param name="FirstFrame">Frames of the image that come in parts before this.</param>
/// <param name="FrameCount">Frames here.</param>
/// <param name="Concatenation">What this is a part of; null for a whole image.</param>
internal sealed record WsiPart(string SopInstanceUid, int InstanceNumber, int FirstFrame, int FrameCount, WsiConcatenation? Concatenation);
