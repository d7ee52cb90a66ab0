namespace Slideport.Scanner.Sam;

/// <summary>The scanner does not scan a slide, because SAM says so. The message says what to do.</summary>
public sealed class SlideRefusedException(string message) : Exception(message);
