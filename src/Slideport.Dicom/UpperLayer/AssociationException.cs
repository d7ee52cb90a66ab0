namespace Slideport.Dicom.UpperLayer;

/// <summary>Who or what ended an association that should have gone on.</summary>
public enum AssociationFault
{
    /// <summary>The peer broke the protocol, or hung up.</summary>
    Peer,

    /// <summary>The peer aborted the association, and said so.</summary>
    Aborted,

    /// <summary>The peer took too long.</summary>
    Timeout,

    /// <summary>The peer refused the association, a role asked for, or the service asked for on it.</summary>
    Rejected,

    /// <summary>This side ended it: shutdown, or a certificate that is no longer accepted.</summary>
    Local,
}

/// <summary>An association could not be made, or ended other than by release. The message is one sentence that says who did what.</summary>
public sealed class AssociationException : DicomException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">Whose doing it was.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public AssociationException(AssociationFault fault, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Fault = fault;
    }

    /// <summary>Whose doing it was.</summary>
    public AssociationFault Fault { get; }

    /// <summary>The peer said that asking again is in vain: A-ASSOCIATE-RJ with result 1, rejected-permanent (PS3.8 9.3.4).</summary>
    public bool IsPermanent { get; init; }
}
