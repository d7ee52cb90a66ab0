namespace Slideport.Dicom.DataSets;

/// <summary>What a <see cref="DicomReader"/> stands at.</summary>
public enum DicomToken
{
    /// <summary>Nothing has been read yet.</summary>
    None,

    /// <summary>A data element with a value of known length.</summary>
    Element,

    /// <summary>A sequence (SQ, or whatever turned out to hold items) begins.</summary>
    SequenceStart,

    /// <summary>An item of a sequence begins: a data set of its own.</summary>
    ItemStart,

    /// <summary>The item is over.</summary>
    ItemEnd,

    /// <summary>The sequence is over.</summary>
    SequenceEnd,

    /// <summary>A value in fragments begins: encapsulated Pixel Data (PS3.5 A.4), or a private value encoded like it.</summary>
    PixelDataStart,

    /// <summary>A fragment; the first one (<see cref="DicomReader.ItemIndex"/> 0) is the Basic Offset Table.</summary>
    Fragment,

    /// <summary>The value in fragments is over.</summary>
    PixelDataEnd,

    /// <summary>The data set is over.</summary>
    End,
}
