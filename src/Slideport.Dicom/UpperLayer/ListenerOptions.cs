using System.Net;
using System.Net.Security;

namespace Slideport.Dicom.UpperLayer;

/// <summary>Where a listener listens, whom it lets in, and who is told.</summary>
public sealed record ListenerOptions
{
    /// <summary>Interface to bind.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    /// <summary>TCP port; 0 takes a free one.</summary>
    public required int Port { get; init; }

    /// <summary>Our AE title: the called title a peer must use; null answers to any.</summary>
    public string? AETitle { get; init; }

    /// <summary>
    /// TLS (see <see cref="TlsPolicy"/>), asked for each connection so that certificates can change under way, with the name the peer asks for (RFC
    /// 6066 3; empty when it asks for none); null speaks in the clear.
    /// </summary>
    public Func<string, SslServerAuthenticationOptions>? Tls { get; init; }

    /// <summary>
    /// Why no association is taken just now, a sentence for the log; null when they are. Asked for each request, and answered with
    /// A-ASSOCIATE-RJ, transient, local limit exceeded (PS3.8 9.3.4): the peer comes again.
    /// </summary>
    public Func<string?> Refusal { get; init; } = () => null;

    /// <summary>Bounds.</summary>
    public AssociationLimits Limits { get; init; } = new();

    /// <summary>Clock for all time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told of everything that happens, from any thread; must not throw or block.</summary>
    public Action<AssociationEvent> Observe { get; init; } = _ => { };
}
