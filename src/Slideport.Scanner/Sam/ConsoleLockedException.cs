namespace Slideport.Scanner.Sam;

/// <summary>The console is locked; the message says what to do.</summary>
public sealed class ConsoleLockedException(string message, Exception? inner = null) : Exception(message, inner);
