using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// One accepted connection from the first byte to the last.
/// <code>
/// TLS handshake ─► A-ASSOCIATE-RQ ─► accept ─► messages … ─► release
///      │                │              │            │
///      └─ refused       └─ rejected    └─ aborted ──┴─ told to the observer, counted out, closed
/// </code>
/// </summary>
internal sealed class AssociationAcceptor : IDisposable
{
    // Whoever is one too many is told so when it asks; it is not waited for as long as a welcome one.
    private static readonly TimeSpan SurplusPatience = TimeSpan.FromSeconds(5);

    private readonly ListenerOptions _options;
    private readonly DicomServices _services;
    private readonly ConnectionCensus _census;
    private readonly Socket _socket;
    private readonly long _id;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new(); // guards _certificate and _conditions
    private readonly List<Predicate<X509Certificate2>> _conditions = [];
    private X509Certificate2? _certificate;
    private PeerIdentity _peer;
    private bool _authenticated;

    public AssociationAcceptor(
        ListenerOptions options, DicomServices services, ConnectionCensus census, Socket socket, PeerIdentity peer, long id)
    {
        _options = options;
        _services = services;
        _census = census;
        _socket = socket;
        _peer = peer;
        _id = id;
    }

    /// <summary>Aborts the association, from any thread, if its client certificate meets the condition; one still shaking hands when it has.</summary>
    public void CloseIf(Predicate<X509Certificate2> condition)
    {
        bool meets;
        lock (_lock)
        {
            if (_certificate is null)
                _conditions.Add(condition);
            meets = _certificate is not null && condition(_certificate);
        }

        if (meets)
            Close();
    }

    private void Close()
    {
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself meanwhile.
        }
    }

    /// <summary>Serves the connection to its end; never throws.</summary>
    /// <param name="tooMany">Why this connection is one too many; null when it is welcome.</param>
    /// <param name="stop">The listener stops.</param>
    /// <param name="leave">The listener stops as soon as running messages are answered.</param>
    public async Task RunAsync(string? tooMany, CancellationToken leave, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, _closed.Token);
        using var idleEnd = CancellationTokenSource.CreateLinkedTokenSource(end.Token, leave);
        try
        {
            if (await ShakeHandsAsync(tooMany, idleEnd.Token) is { } stream)
            {
                await using var channel = new AssociationChannel(stream, _options.Limits, _options.Time, isRequestor: false);
                await ServeAsync(channel, tooMany, idleEnd.Token, end.Token);
            }
        }
#pragma warning disable CA1031 // The connection's loop: whatever went wrong with it ends it, and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Observe(AssociationEventKind.Aborted, e is OperationCanceledException ? "This side is closing." : e.Message, e);
        }
        finally
        {
            if (tooMany is null)
                _census.Leave(_peer.EndPoint.Address, _authenticated, _peer.CertificateThumbprint);
            _socket.Dispose();
        }
    }

    public void Dispose() => _closed.Dispose();

    private async Task<Stream?> ShakeHandsAsync(string? tooMany, CancellationToken cancellationToken)
    {
        var network = new NetworkStream(_socket, ownsSocket: true);
        if (_options.Tls is null)
            return network;
        if (tooMany is not null)
        {
            // A handshake is what a flood wants us to spend; it is not done for a rejection.
            Observe(AssociationEventKind.ConnectionRefused, tooMany);
            return null;
        }

        using var deadline = new CancellationTokenSource(_options.Limits.HandshakeTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var tls = new SslStream(new TransportStream(network));
        try
        {
            await tls.AuthenticateAsServerAsync((_, hello, options, _) => ValueTask.FromResult(((ListenerOptions)options!).Tls!(hello.ServerName)), _options, either.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            await tls.DisposeAsync();
            Observe(
                AssociationEventKind.ConnectionRefused,
                e is OperationCanceledException ? "The TLS handshake took too long." : $"The TLS handshake failed: {(e.InnerException ?? e).Message}", e);
            return null;
        }

        if (tls.RemoteCertificate is X509Certificate2 certificate)
        {
            _peer = _peer with { CertificateThumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256), CertificateSubject = certificate.Subject };
            Known(certificate);
        }

        return tls;
    }

    // A revocation that came during the handshake takes effect now.
    private void Known(X509Certificate2 certificate)
    {
        bool meets;
        lock (_lock)
        {
            _certificate = certificate;
            meets = _conditions.Exists(condition => condition(certificate));
        }

        if (meets)
            Close();
    }

    private async Task ServeAsync(AssociationChannel channel, string? tooMany, CancellationToken leave, CancellationToken cancellationToken)
    {
        DimseServer? server = null;
        try
        {
            if (!await NegotiateAsync(channel, tooMany, leave))
                return;
            Observe(AssociationEventKind.Opened, "");
            var info = new AssociationInfo(_id, _peer);
            server = new DimseServer(_services, info, channel, _options.Observe);
            await ServeMessagesAsync(channel, server, info, leave, cancellationToken);
            Observe(AssociationEventKind.Released, "");
        }
#pragma warning disable CA1031 // Told now, not when the peer has hung up: that can take as long as the ARTIM timer runs.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await channel.BreakAsync(providerReason: null); // says nothing where all has been said
            Observe(AssociationEventKind.Aborted, e is OperationCanceledException ? "This side is closing." : e.Message, e);
        }
        finally
        {
            if (server is not null)
                await server.EndedAsync();
            // Closing with unread bytes would make the kernel send a reset, which can overtake our last word.
            await channel.AwaitCloseAsync(cancellationToken);
        }
    }

    private async Task ServeMessagesAsync(
        AssociationChannel channel, DimseServer server, AssociationInfo info, CancellationToken leave, CancellationToken cancellationToken)
    {
        var released = false;
        try
        {
            if (_services.Store is { } store)
                await store.AssociationOpenedAsync(info);
            await server.ServeAsync(leave, cancellationToken);
            released = true;
            await channel.SendAsync(UpperLayerEvent.Evt14_ReleaseResponse, ARelease.Rp, cancellationToken);
        }
        finally
        {
            if (_services.Store is { } store)
                await store.AssociationClosedAsync(info, released);
        }
    }

    private async Task<bool> NegotiateAsync(AssociationChannel channel, string? tooMany, CancellationToken cancellationToken)
    {
        var received = await channel.ReceiveAsync(tooMany is null ? _options.Limits.ArtimTimeout : SurplusPatience, cancellationToken);
        AAssociateRq request;
        try
        {
            request = AAssociateRq.Parse(received!.Value.Body.Span);
        }
        catch (PduException e)
        {
            await channel.BreakAsync(e.Reason);
            throw new AssociationException(AssociationFault.Peer, e.Message, e);
        }

        _peer = _peer with { CallingAETitle = request.CallingAETitle, CalledAETitle = request.CalledAETitle };
        tooMany ??= _options.Refusal();
        if (Rejection(request, tooMany) is { } rejection)
        {
            await channel.SendAsync(UpperLayerEvent.Evt8_LocalReject, rejection.ToBytes(), cancellationToken);
            Observe(AssociationEventKind.Rejected, $"{tooMany ?? rejection.ToString()}");
            return false;
        }

        _authenticated = true;
        var answers = ContextNegotiation.Answer(request.Contexts, _services.Supported());
        var roles = ContextNegotiation.Roles(request.User.Roles, _services.Roles);
        var ours = UserInformation.Ours((uint)_options.Limits.MaxPduLength, roles);
        var accept = new AAssociateAc(request.CalledAETitle, request.CallingAETitle, answers, ours) { TitlesAndReserved = request.TitlesAndReserved };
        await channel.SendAsync(UpperLayerEvent.Evt7_LocalAccept, accept.ToBytes(), cancellationToken);
        channel.Open(ContextNegotiation.Agreed(request.Contexts, answers), request.User.MaxPduLength);
        return true;
    }

    private AAssociateRj? Rejection(AAssociateRq request, string? tooMany)
    {
        if ((request.ProtocolVersion & 1) == 0)
            return AAssociateRj.ProtocolVersionNotSupported;
        if (request.ApplicationContext != Uids.ApplicationContext)
            return AAssociateRj.ApplicationContextNotSupported;
        if (_options.AETitle is { } title && request.CalledAETitle != title)
            return AAssociateRj.CalledAETitleNotRecognized;
        if (request.CallingAETitle.Length == 0 || !System.Text.Ascii.IsValid(request.CallingAETitle))
            return AAssociateRj.CallingAETitleNotRecognized;
        if (request.Contexts.Count == 0 || request.User.MaxPduLength is > 0 and < AssociationLimits.SmallestPeerPduLength)
            return AAssociateRj.NoReason;
        if (tooMany is not null || !_census.TryAuthenticate(_peer.EndPoint.Address, _peer.CertificateThumbprint))
            return AAssociateRj.LocalLimitExceeded;
        return null;
    }

    private void Observe(AssociationEventKind kind, string text, Exception? error = null) =>
        _options.Observe(new AssociationEvent(kind, _peer, text, error));
}
