using Slideport.Dicom.DataSets;
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

    /// <summary>Which table tells where frames begin; by itself the extended one where 32 bits do not reach, which older readers do not know.</summary>
    public OffsetTable OffsetTable { get; init; } = OffsetTable.Automatic;

    /// <summary>Whether a file is on stable storage before it gets its name.</summary>
    public bool Flush { get; init; } = true;

    /// <summary>Where SOP Instance UIDs and Concatenation UIDs come from.</summary>
    public Func<string> NewUid { get; init; } = Uids.New;

    /// <summary>Clock for Instance Creation Date and Time.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
