using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>How instances are written.</summary>
public sealed record WsiWriterOptions
{
    /// <summary>How levels order their frames; the other pictures have one frame and are always TILED_FULL.</summary>
    public DicomLayout Layout { get; init; } = DicomLayout.Full;

    /// <summary>Most frames in one instance; a level with more becomes a concatenation (PS3.3 C.7.6.16.2.2.4).</summary>
    public int MaxFramesPerInstance { get; init; } = int.MaxValue;

    /// <summary>Most bytes of Pixel Data in one instance, as far as single frames allow.</summary>
    public long MaxBytesPerInstance { get; init; } = long.MaxValue;

    /// <summary>
    /// Largest offset a Basic Offset Table is used for; beyond it the table stays empty and an Extended Offset Table is written. Smaller than
    /// the format's limit only where that is to be tested.
    /// </summary>
    public long MaxBasicOffset { get; init; } = uint.MaxValue;

    /// <summary>Whether a file is on stable storage before it gets its name.</summary>
    public bool Flush { get; init; } = true;

    /// <summary>Where SOP Instance UIDs and Concatenation UIDs come from.</summary>
    public Func<string> NewUid { get; init; } = Uids.New;

    /// <summary>Clock for Instance Creation Date and Time.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
