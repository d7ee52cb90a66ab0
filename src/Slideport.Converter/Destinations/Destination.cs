using Slideport.Converter.Sam;

namespace Slideport.Converter.Destinations;

/// <summary>A destination as the settings have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rules">Which slides go there.</param>
/// <param name="Settings">What is delivered, where, and by which name.</param>
internal sealed record Destination(string Name, DestinationRules Rules, SlideSettings Settings);
