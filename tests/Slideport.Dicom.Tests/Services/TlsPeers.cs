using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.Services;

/// <summary>Both ends of TLS under one test authority: a server's options, and clients with good and bad certificates.</summary>
internal sealed class TlsPeers : IDisposable
{
    private readonly X509Certificate2 _server;
    private readonly X509Certificate2 _client;

    public TlsPeers()
    {
        _server = Authority.Issue(TestAuthority.Server);
        _client = Authority.Issue(TestAuthority.Client);
    }

    public TestAuthority Authority { get; } = new();

    public SslServerAuthenticationOptions Server() => TlsPolicy.ForServer(_server, Authority.Roots);

    public SslClientAuthenticationOptions Client() => TlsPolicy.ForClient("localhost", Authority.Roots, _client);

    /// <summary>An association for verification, with the good certificate unless another is given.</summary>
    public Task<Association> ConnectAsync(IPEndPoint endPoint, X509Certificate2? certificate = null) => Association.ConnectAsync(
        "localhost", endPoint.Port,
        new AssociationRequest
        {
            CallingAETitle = "SCANNER",
            CalledAETitle = "SLIDEPORT",
            Contexts = [(Uids.Verification, TransferSyntax.ImplicitVrLittleEndian), (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.ExplicitVrLittleEndian)],
            Tls = TlsPolicy.ForClient("localhost", Authority.Roots, certificate ?? _client),
        },
        cancellationToken: TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }
}
