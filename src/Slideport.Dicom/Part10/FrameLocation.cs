namespace Slideport.Dicom.Part10;

/// <summary>Where a frame lies in its file.</summary>
/// <param name="Offset">Position of its first byte.</param>
/// <param name="Length">Its bytes, the padding of its fragments included; in several fragments they are not contiguous.</param>
/// <param name="FragmentCount">Number of fragments; 1 for native Pixel Data.</param>
public readonly record struct FrameLocation(long Offset, long Length, int FragmentCount);
