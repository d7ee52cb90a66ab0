namespace Slideport.Slides.Conversion;

/// <summary>A lossless change between source and output.</summary>
/// <param name="What">What was changed: a marker segment inserted, removed or set; the order of samples.</param>
/// <param name="Tiles">In how many tiles.</param>
public sealed record FidelityChange(string What, long Tiles);
