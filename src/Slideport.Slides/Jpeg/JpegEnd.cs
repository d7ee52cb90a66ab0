namespace Slideport.Slides.Jpeg;

/// <summary>
/// Where a coded frame ends. DICOM pads fragments to even length (PS3.5 A.4), and some writers leave more behind the last marker. Works for
/// JPEG (EOI) and JPEG 2000 (EOC) alike: both are FFD9, and neither coder can produce these bytes inside its data.
/// </summary>
public static class JpegEnd
{
    private static ReadOnlySpan<byte> Marker => [JpegMarker.Prefix, JpegMarker.EndOfImage];

    /// <summary>
    /// Length of <paramref name="frame"/> up to and including its last FFD9, or -1 when it has none. The span may also be just the tail of
    /// a frame; the length then counts from the start of that tail. A result that is not behind the header's end means that the frame has
    /// no end: an application segment may hold a thumbnail with a marker of its own.
    /// </summary>
    public static int TrimmedLength(ReadOnlySpan<byte> frame)
    {
        var at = frame.LastIndexOf(Marker);
        return at < 0 ? -1 : at + 2;
    }
}
