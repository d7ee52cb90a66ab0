using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Echo;
using Slideport.Dicom.Tests.Services;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class TlsPolicyTests : IDisposable
{
    private const byte Alert = 21;
    private const byte HandshakeFailure = 40;
    private const byte ProtocolVersion = 70;

    private readonly TlsPeers _peers = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _peers.Dispose();

    [Theory]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    public async Task A_client_that_knows_no_newer_TLS_than_1_1_is_refused(int version) =>
        Assert.Equal(ProtocolVersion, await AlertAsync(ClientHello(version, 0xC009, 0xC013, 0x002F)));

    [Theory]
    [InlineData(0xC009)] // ECDHE-ECDSA-AES128-SHA: CBC
    [InlineData(0xC023)] // ECDHE-ECDSA-AES128-SHA256: CBC
    [InlineData(0x009C)] // RSA-AES128-GCM: no forward secrecy
    [InlineData(0x002F)] // RSA-AES128-SHA
    [InlineData(0x0001)] // NULL
    [InlineData(0x000A)] // 3DES
    public async Task A_suite_without_forward_secrecy_or_authenticated_encryption_is_refused(int suite) =>
        Assert.Equal(HandshakeFailure, await AlertAsync(ClientHello(0x0303, suite)));

    [Fact]
    public async Task A_self_signed_certificate_is_refused_and_others_are_served()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestAuthority.Client)], false));
        using var selfSigned = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(99));
        await using var listener = new ListenerUnderTest(tls: _peers.Server);
        await using var bystander = await _peers.ConnectAsync(listener.EndPoint);

        await Assert.ThrowsAsync<AssociationException>(async () => await _peers.ConnectAsync(listener.EndPoint, selfSigned));

        Assert.Contains("handshake failed", (await listener.EventAsync(AssociationEventKind.ConnectionRefused)).Text, StringComparison.Ordinal);
        Assert.Equal(DimseStatus.Success, await EchoScu.EchoAsync(bystander, Cancel));
        Assert.Single(listener.Store.Opened);
    }

    [Fact]
    public async Task A_certificate_not_valid_yet_is_refused()
    {
        using var early = _peers.Authority.Issue(TestAuthority.Client, from: DateTimeOffset.UnixEpoch.AddYears(98));
        await using var listener = new ListenerUnderTest(tls: _peers.Server);

        await Assert.ThrowsAsync<AssociationException>(async () => await _peers.ConnectAsync(listener.EndPoint, early));

        Assert.Empty(listener.Store.Opened);
    }

    [Fact]
    public async Task A_certificate_revoked_during_the_handshake_does_not_slip_in()
    {
        AssociationListener? listening = null;
        using var certificate = _peers.Authority.Issue(TestAuthority.Server);
        await using var listener = new ListenerUnderTest(tls: () => TlsPolicy.ForServer(certificate, _peers.Authority.Roots, peer =>
        {
            listening!.CloseWhere(c => c.Thumbprint == peer.Thumbprint); // revoked at the very moment it is looked up
            return false;
        }));
        listening = listener.Listener;

        await Assert.ThrowsAsync<AssociationException>(async () =>
        {
            await using var association = await _peers.ConnectAsync(listener.EndPoint);
            await EchoScu.EchoAsync(association, Cancel);
        });

        Assert.Empty(listener.Store.Opened);
    }

    [Fact]
    public async Task Plain_DICOM_on_a_TLS_port_is_refused_and_others_are_served()
    {
        await using var listener = new ListenerUnderTest(tls: _peers.Server);
        using var plain = await RawPeer.ConnectAsync(listener.EndPoint);

        await plain.SendAsync(Wire.AssociateRq());

        Assert.DoesNotContain(Wire.ApplicationContext, System.Text.Encoding.ASCII.GetString(await plain.ReadToEndAsync()), StringComparison.Ordinal);
        await using var good = await _peers.ConnectAsync(listener.EndPoint);
        Assert.Equal(DimseStatus.Success, await EchoScu.EchoAsync(good, Cancel));
    }

    [Fact]
    public async Task The_identity_of_a_peer_is_its_certificate()
    {
        await using var listener = new ListenerUnderTest(tls: _peers.Server);
        using var certificate = _peers.Authority.Issue(TestAuthority.Client);
        await using var association = await _peers.ConnectAsync(listener.EndPoint, certificate);
        await EchoScu.EchoAsync(association, Cancel);

        var peer = Assert.Single(listener.Store.Opened).Peer;
        Assert.Equal(("SCANNER", "SLIDEPORT"), (peer.CallingAETitle, peer.CalledAETitle));
        Assert.Equal((certificate.GetCertHashString(HashAlgorithmName.SHA256), "CN=localhost"), (peer.CertificateThumbprint, peer.CertificateSubject));
    }

    // The description of the fatal alert that answers a hello.
    private async Task<byte> AlertAsync(byte[] hello)
    {
        await using var listener = new ListenerUnderTest(tls: _peers.Server);
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        await peer.SendAsync(hello);

        var answer = await peer.ReadToEndAsync();

        Assert.True(answer.Length >= 7 && answer[0] == Alert, $"expected an alert, got {Convert.ToHexString(answer)}");
        await listener.EventAsync(AssociationEventKind.ConnectionRefused);
        return answer[6];
    }

    // RFC 5246 7.4.1.2: version, random, no session, suites, no compression, and the extensions an ECDSA server needs.
    private static byte[] ClientHello(int version, params int[] suites)
    {
        byte[] groups = [0, 10, 0, 4, 0, 2, 0, 23]; // supported_groups: secp256r1
        byte[] signatures = [0, 13, 0, 6, 0, 4, 4, 3, 4, 1]; // signature_algorithms: ECDSA and RSA with SHA-256
        byte[] extensions = [.. groups, .. signatures];
        byte[] body =
        [
            .. Wire.UInt16(version), .. new byte[32], 0, .. Wire.UInt16(suites.Length * 2), .. suites.SelectMany(Wire.UInt16), 1, 0,
            .. Wire.UInt16(extensions.Length), .. extensions,
        ];
        byte[] handshake = [1, 0, .. Wire.UInt16(body.Length), .. body];
        return [22, 3, 1, .. Wire.UInt16(handshake.Length), .. handshake];
    }
}
