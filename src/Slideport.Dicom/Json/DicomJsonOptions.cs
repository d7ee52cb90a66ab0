namespace Slideport.Dicom.Json;

/// <summary>How values that are not text are carried in JSON.</summary>
public sealed record DicomJsonOptions
{
    /// <summary>Longest binary value written into the JSON itself, in Base64 (InlineBinary, PS3.18 F.2.7).</summary>
    public int MaxInlineBytes { get; init; } = 1024;

    /// <summary>
    /// Where a longer value, or one that was left in its file, can be had (BulkDataURI, PS3.18 F.2.6). Told the path of the element: tags in
    /// hexadecimal, between them the index of the item from 0, as <c>00480105/0/00282000</c>. Null: binary values are written whatever their
    /// length, and one that was left in its file is an error.
    /// </summary>
    public Func<string, string>? BulkDataUri { get; init; }
}
