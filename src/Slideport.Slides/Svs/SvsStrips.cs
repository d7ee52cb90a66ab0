namespace Slideport.Slides.Svs;

/// <summary>The strips of a picture beside the pyramid, as tiles of its whole width.</summary>
internal sealed class SvsStrips(SvsFile file, SvsAssociatedImage image) : TileSource
{
    public override int Count => image.Strips.Count;

    public override ReadOnlyMemory<byte> Tables => image.Page.JpegTables;

    public override bool Contains(int tile) => image.Strips[tile].Length > 0;

    public override long Length(int tile) => image.Strips[tile].Length;

    public override void Read(int tile, Span<byte> destination) => file.Read(image.Strips[tile], destination);
}
