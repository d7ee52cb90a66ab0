namespace Slideport.Slides;

/// <summary>A picture beside the pyramid, as <see cref="SlideInfo"/> tells it.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Coding">How it is coded.</param>
public sealed record SlidePictureInfo(AssociatedImageKind Kind, int Width, int Height, TileCoding Coding);
