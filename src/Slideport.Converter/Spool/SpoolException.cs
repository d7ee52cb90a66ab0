namespace Slideport.Converter.Spool;

/// <summary>The spool cannot be used, or not for what is asked of it; one sentence says what to do. At its start the role goes no further.</summary>
internal sealed class SpoolException : IOException
{
    internal SpoolException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
