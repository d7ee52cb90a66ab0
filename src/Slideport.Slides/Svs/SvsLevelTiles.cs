namespace Slideport.Slides.Svs;

/// <summary>The tiles of an SVS level as they are stored, possibly without their JPEG tables.</summary>
internal sealed class SvsLevelTiles(SvsFile file, SvsLevel level) : TileSource
{
    // Tile arrays are read at first use, which is not safe for two threads at once.
    private readonly Lazy<SvsTiles> _tiles = new(() => level.Tiles);

    public override int Count => level.TileCount;

    public override ReadOnlyMemory<byte> Tables => level.Page.JpegTables;

    public override bool Contains(int tile) => _tiles.Value[tile].Length > 0;

    public override long Length(int tile) => _tiles.Value[tile].Length;

    public override void Read(int tile, Span<byte> destination) => file.Read(_tiles.Value[tile], destination);
}
