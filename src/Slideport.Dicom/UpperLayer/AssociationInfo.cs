namespace Slideport.Dicom.UpperLayer;

/// <summary>An association as services see it.</summary>
/// <param name="Id">Number of the association within this listener, ascending from 1.</param>
/// <param name="Peer">Who is at the other end.</param>
public sealed record AssociationInfo(long Id, PeerIdentity Peer);
