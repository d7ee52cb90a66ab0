namespace Slideport.Dicom.UpperLayer;

/// <summary>All bounds of a listener or an association in one place. The defaults suit a hospital network.</summary>
public sealed record AssociationLimits
{
    /// <summary>Smallest PDU length a peer may ask for: room for the headers of one value and something in it.</summary>
    internal const uint SmallestPeerPduLength = 16;

    /// <summary>Longest P-DATA-TF accepted and announced, in bytes behind the PDU header.</summary>
    public int MaxPduLength { get; init; } = 256 * 1024;

    /// <summary>Longest A-ASSOCIATE-RQ or -AC accepted, in bytes behind the PDU header: 128 contexts of 40 syntaxes fit several times.</summary>
    public int MaxAssociateBytes { get; init; } = 1024 * 1024;

    /// <summary>Longest DIMSE command set, in bytes, however many PDUs it is spread over.</summary>
    public int MaxCommandBytes { get; init; } = 64 * 1024;

    /// <summary>Longest data set taken into memory whole (storage commitment), in bytes. Stored instances are not held in memory.</summary>
    public int MaxMessageDataSetBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The ARTIM timer (PS3.8 9.1.5): from connection to A-ASSOCIATE-RQ, and from our last word to the peer's hanging up.</summary>
    public TimeSpan ArtimTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The TLS handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence between messages; scanners pause between instances.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The rest of a PDU that has begun, the next PDU of a message that has, and a peer that does not read what we send.</summary>
    public TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the rest of a refused data set is read before the association is aborted.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections without an association yet, from one address.</summary>
    public int MaxUnauthenticatedPerAddress { get; init; } = 16;

    /// <summary>Connections in all.</summary>
    public int MaxConnections { get; init; } = 512;

    /// <summary>Associations with one client certificate.</summary>
    public int MaxAssociationsPerCertificate { get; init; } = 8;
}
