using Slideport.ImageStore;

namespace Slideport.Dsr.Viewing;

/// <summary>Where a slide lies.</summary>
/// <param name="Store">The image file system.</param>
/// <param name="Name">The file in it, or the folder of the slide's DICOM files.</param>
internal sealed record SlideFile(IImageStore Store, string Name)
{
    /// <summary>What people call it; null: what its files say, or its name.</summary>
    public string? Title { get; init; }
}
