namespace Slideport.Slides.Jpeg2000;

/// <summary>One component of a JPEG 2000 image (ITU-T T.800, A.5.1).</summary>
/// <param name="Precision">Bits per sample, 1 to 38.</param>
/// <param name="IsSigned">Whether samples are signed.</param>
/// <param name="Horizontal">XRsiz: one sample for so many columns of the reference grid.</param>
/// <param name="Vertical">YRsiz: one sample for so many rows of the reference grid.</param>
public readonly record struct Jpeg2000Component(byte Precision, bool IsSigned, byte Horizontal, byte Vertical);
