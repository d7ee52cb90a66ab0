namespace Slideport.Converter.Spool;

/// <summary>The spool cannot be used; one sentence says what to do. The role does not start.</summary>
internal sealed class SpoolException : IOException
{
    internal SpoolException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
