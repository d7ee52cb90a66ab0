namespace Slideport.Dicom;

/// <summary>
/// Base of the exceptions this library throws for what a peer or a file did; programming errors have the framework's own.
/// </summary>
public class DicomException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence: what is wrong, and where.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DicomException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
