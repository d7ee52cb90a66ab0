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
    /// a frame; the length then counts from the start of that tail.
    /// </summary>
    /// <param name="frame">The frame, or its tail.</param>
    /// <param name="endOfHeader">
    /// <see cref="JpegHeader.EndOfHeader"/>, if the span begins with the header: a header that holds these bytes, such as a thumbnail in an
    /// application segment or just its last byte FF, is not the end of a frame that lost its end.
    /// </param>
    public static int TrimmedLength(ReadOnlySpan<byte> frame, int endOfHeader = 0)
    {
        var at = frame[endOfHeader..].LastIndexOf(Marker);
        return at < 0 ? -1 : endOfHeader + at + 2;
    }
}
