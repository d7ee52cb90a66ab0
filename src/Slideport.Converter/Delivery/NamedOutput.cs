using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Slides;

namespace Slideport.Converter.Delivery;

/// <summary>What the name of an output is made from.</summary>
/// <param name="Settings">What is delivered, where, and by which template.</param>
/// <param name="Receipts">The instances it is made of.</param>
/// <param name="Metadata">What the slide says of itself.</param>
/// <param name="ImageId">A short name of the slide, the same whenever it is delivered.</param>
internal sealed record NamedOutput(SlideSettings Settings, IReadOnlyList<Receipt> Receipts, SlideMetadata Metadata, string ImageId);
