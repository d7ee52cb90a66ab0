namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>A single coded frame held in memory: a label, a thumbnail.</summary>
public sealed class MemoryFrame(ReadOnlyMemory<byte> frame) : IFrameSource
{
    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public int LengthOf(int tile) => frame.Length;

    /// <inheritdoc/>
    public void Read(int tile, Span<byte> destination) => frame.Span.CopyTo(destination);
}
