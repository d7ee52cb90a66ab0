using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Scanner.Slides;

/// <summary>A slide on the stage: what the scanner knows of it, and its pictures, ready to be written. Owns the files they come from.</summary>
internal sealed class SlideMaterial(WsiSeriesDescription series, IReadOnlyList<WsiImageDescription> images, IReadOnlyList<IDisposable> owned) : IDisposable
{
    /// <summary>What all instances share; with new identifiers.</summary>
    public WsiSeriesDescription Series { get; } = series;

    /// <summary>Levels from the largest, then thumbnail, label, overview.</summary>
    public IReadOnlyList<WsiImageDescription> Images { get; } = images;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var thing in owned) thing.Dispose();
    }
}
