using System.Net.Security;
using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.UpperLayer;

/// <summary>What a requestor asks for.</summary>
public sealed record AssociationRequest
{
    /// <summary>Our AE title, at most 16 characters.</summary>
    public required string CallingAETitle { get; init; }

    /// <summary>The peer's AE title, at most 16 characters.</summary>
    public required string CalledAETitle { get; init; }

    /// <summary>What to talk about: SOP class and transfer syntax, each pair a context of its own; at most 128.</summary>
    public required IReadOnlyList<(string AbstractSyntax, TransferSyntax TransferSyntax)> Contexts { get; init; }

    /// <summary>SOP classes for which we ask to be the SCP (to report a storage commitment on an association we open).</summary>
    public IReadOnlyList<string> AsScp { get; init; } = [];

    /// <summary>TLS; null speaks in the clear.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }
}
