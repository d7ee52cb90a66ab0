using Slideport.Dicom.Services;

namespace Slideport.Dicom.UpperLayer;

/// <summary>What happened to a connection or association.</summary>
public enum AssociationEventKind
{
    /// <summary>A connection was refused before an association: limit, handshake, certificate.</summary>
    ConnectionRefused,

    /// <summary>An association was rejected.</summary>
    Rejected,

    /// <summary>An association was accepted.</summary>
    Opened,

    /// <summary>A message was answered with an error, or a service handler failed.</summary>
    MessageFailed,

    /// <summary>The peer released the association.</summary>
    Released,

    /// <summary>The association ended in any other way.</summary>
    Aborted,
}

/// <summary>One thing that happened, as one sentence for a log.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Peer">To whom.</param>
/// <param name="Text">Why, in one sentence; "" where the kind says it all.</param>
/// <param name="Error">The exception behind it, if there is one.</param>
/// <param name="StoreStatus">What a C-STORE was answered with, where that was no success; null for everything else.</param>
public sealed record AssociationEvent(AssociationEventKind Kind, PeerIdentity Peer, string Text, Exception? Error = null, DimseStatus? StoreStatus = null);
