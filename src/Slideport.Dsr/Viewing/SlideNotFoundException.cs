namespace Slideport.Dsr.Viewing;

/// <summary>There is no such slide, or no such part of it.</summary>
/// <param name="message">A sentence.</param>
internal sealed class SlideNotFoundException(string message) : Exception(message);
