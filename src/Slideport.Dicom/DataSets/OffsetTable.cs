namespace Slideport.Dicom.DataSets;

/// <summary>Which table tells where the frames of encapsulated Pixel Data begin.</summary>
public enum OffsetTable
{
    /// <summary>The basic one as long as its 32 bits reach, beyond that the extended one.</summary>
    Automatic,

    /// <summary>None: readers have to walk the items.</summary>
    None,

    /// <summary>Basic Offset Table (PS3.5 A.4): frames must begin within 4 GiB.</summary>
    Basic,

    /// <summary>Extended Offset Table (PS3.3 C.7.6.3.1.8): any size, but older readers do not know it.</summary>
    Extended,
}
