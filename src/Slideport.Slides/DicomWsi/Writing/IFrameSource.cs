namespace Slideport.Slides.DicomWsi.Writing;

/// <summary>
/// The coded tiles of one image, row by row from the top left, wherever they come from: a slide file, a few tiles repeated, memory. The
/// lengths are known before any byte is read, so that offset tables can be written first and the file in one forward pass.
/// </summary>
public interface IFrameSource
{
    /// <summary>Number of tiles: tiles across times tiles down.</summary>
    int Count { get; }

    /// <summary>Bytes of a coded tile, without padding; 0 where the slide has a hole.</summary>
    int LengthOf(int tile);

    /// <summary>Fills <paramref name="destination"/>, which is exactly as long as the tile.</summary>
    /// <exception cref="SlideException">The tile is not what its neighbours are, so that one header cannot describe them all.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    void Read(int tile, Span<byte> destination);
}
