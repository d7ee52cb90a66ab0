using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// The requestor's side of an association: connect, use services on it (<see cref="Services.Echo.EchoScu"/>, <see cref="Services.Store.StoreScu"/>,
/// <see cref="Services.StorageCommitment.StorageCommitmentScu"/>) one after the other, release. Not thread-safe.
/// </summary>
public sealed class Association : IAsyncDisposable
{
    private readonly AssociationChannel _channel;
    private ushort _messageId;

    private Association(AssociationChannel channel)
    {
        _channel = channel;
        Messages = new DimseReader(channel);
        Sender = new DimseWriter(channel);
    }

    /// <summary>What the peer accepted.</summary>
    public IEnumerable<NegotiatedContext> AcceptedContexts => _channel.Contexts.Values;

    internal DimseReader Messages { get; }

    internal DimseWriter Sender { get; }

    internal AssociationLimits Limits => _channel.Limits;

    /// <summary>Connects, shakes hands and opens an association.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="request">Titles, contexts, TLS.</param>
    /// <param name="limits">Time-outs and sizes; null for the defaults.</param>
    /// <param name="time">Clock for time-outs; null for the system's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AssociationException">The peer is not there, or refused the handshake or the association. Accepting no context is no refusal: the services say so.</exception>
    public static async Task<Association> ConnectAsync(
        string host, int port, AssociationRequest request, AssociationLimits? limits = null, TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        limits ??= new AssociationLimits();
        var stream = await ConnectStreamAsync(host, port, request.Tls, limits, time ?? TimeProvider.System, cancellationToken);
        var channel = new AssociationChannel(stream, limits, time ?? TimeProvider.System, isRequestor: true);
        try
        {
            await NegotiateAsync(channel, request, cancellationToken);
            return new Association(channel);
        }
        catch
        {
            if (channel.State == UpperLayerState.Sta6_DataTransfer)
                await channel.BreakAsync(providerReason: null);
            await channel.DisposeAsync();
            throw;
        }
    }

    /// <summary>The accepted context for a SOP class, in this transfer syntax if one is named; null when the peer refused it.</summary>
    public NegotiatedContext? FindContext(string abstractSyntax, TransferSyntax? transferSyntax = null) =>
        _channel.Contexts.Values.FirstOrDefault(c => c.AbstractSyntax == abstractSyntax && (transferSyntax is null || c.TransferSyntax.Uid == transferSyntax.Uid));

    /// <summary>Releases the association and waits for the peer's answer (PS3.8 7.2).</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken = default)
    {
        await _channel.SendAsync(UpperLayerEvent.Evt11_ReleaseRequest, ARelease.Rq, cancellationToken);
        while (await _channel.ReceiveAsync(Limits.ArtimTimeout, cancellationToken) is not null)
        {
            // P-DATA that was on its way when we asked (AR-6) has no taker any more.
        }
    }

    /// <summary>Aborts the association as its user.</summary>
    public async Task AbortAsync() => await _channel.BreakAsync(providerReason: null);

    /// <summary>Closes the connection; an association still open is aborted first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_channel.State == UpperLayerState.Sta6_DataTransfer)
            await AbortAsync();
        await _channel.DisposeAsync();
    }

    internal ushort NextMessageId() => _messageId = _messageId == ushort.MaxValue ? (ushort)1 : (ushort)(_messageId + 1);

    /// <summary>Waits for the answer to a request.</summary>
    /// <exception cref="AssociationException">The peer released instead of answering.</exception>
    internal async ValueTask<DimseMessage> ReadAnswerAsync(CancellationToken cancellationToken) =>
        await Messages.ReadAsync(Limits.IdleTimeout, cancellationToken)
        ?? throw new AssociationException(AssociationFault.Peer, "The peer released the association instead of answering.");

    private static async Task<Stream> ConnectStreamAsync(
        string host, int port, SslClientAuthenticationOptions? tls, AssociationLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limits.HandshakeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var client = new TcpClient { NoDelay = true };
        SslStream? secured = null;
        try
        {
            await client.ConnectAsync(host, port, either.Token);
            if (tls is null)
                return client.GetStream();
            secured = new SslStream(new TransportStream(client.GetStream()));
            await secured.AuthenticateAsClientAsync(tls, either.Token);
            return secured;
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            secured?.Dispose();
            client.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new AssociationException(
                e is OperationCanceledException ? AssociationFault.Timeout : AssociationFault.Peer,
                e is OperationCanceledException ? $"{host}:{port} did not answer in {limits.HandshakeTimeout.TotalSeconds:0} s."
                    : e is SocketException ? $"{host}:{port} cannot be reached: {e.Message}"
                    : $"The TLS handshake with {host}:{port} failed: {(e.InnerException ?? e).Message}",
                e);
        }
    }

    private static async Task NegotiateAsync(AssociationChannel channel, AssociationRequest request, CancellationToken cancellationToken)
    {
        var proposed = request.Contexts.Select((c, i) => new ProposedContext((byte)((2 * i) + 1), c.AbstractSyntax, [c.TransferSyntax.Uid])).ToList();
        var roles = request.AsScp.Select(uid => new RoleSelection(uid, Scu: false, Scp: true)).ToList();
        var ask = new AAssociateRq(
            1, request.CalledAETitle, request.CallingAETitle, Uids.ApplicationContext, proposed, UserInformation.Ours((uint)channel.Limits.MaxPduLength, roles));
        await channel.Writer.WriteAsync(ask.ToBytes(), cancellationToken);

        var answer = await channel.ReceiveAsync(channel.Limits.ArtimTimeout, cancellationToken)
            ?? throw new AssociationException(AssociationFault.Peer, "The peer answered the association request with a release.");
        try
        {
            Conclude(channel, request, proposed, answer);
        }
        catch (PduException e)
        {
            await channel.BreakAsync(e.Reason);
            throw new AssociationException(AssociationFault.Peer, $"The peer's answer to the association request is malformed: {e.Message}", e);
        }
    }

    private static void Conclude(AssociationChannel channel, AssociationRequest request, IReadOnlyList<ProposedContext> proposed, ReceivedPdu answer)
    {
        if (answer.Type == PduType.AAssociateRj)
        {
            var rejection = AAssociateRj.Parse(answer.Body.Span);
            throw new AssociationException(
                AssociationFault.Rejected, $"The peer rejected the association {(rejection.Result == 2 ? "for now" : "permanently")}: {rejection}.")
            {
                IsPermanent = rejection.Result != 2,
            };
        }

        var accepted = AAssociateAc.Parse(answer.Body.Span);
        if (accepted.User.MaxPduLength is > 0 and < AssociationLimits.SmallestPeerPduLength)
            throw new PduException(AbortReason.InvalidParameterValue, $"It takes PDUs of {accepted.User.MaxPduLength} bytes, in which no value has room.");
        // Not answering a role means that the usual one holds: the requestor is SCU (PS3.7 D.3.3.4).
        if (request.AsScp.FirstOrDefault(uid => !accepted.User.Roles.Any(r => r.SopClassUid == uid && r.Scp)) is { } refused)
            throw new AssociationException(AssociationFault.Rejected, $"The peer does not let us be SCP of {refused}.");
        channel.Open(ContextNegotiation.Agreed(proposed, accepted.Contexts), accepted.User.MaxPduLength);
    }
}
