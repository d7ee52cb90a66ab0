using System.Net.Security;
using Slideport.Dicom.UpperLayer.Pdu;
using static Slideport.Dicom.UpperLayer.UpperLayerEvent;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// A connection with the protocol machine on it: every PDU in or out goes through the table, and what the table demands is done here.
/// Both sides of an association use it. Single owner, not thread-safe.
/// </summary>
internal sealed class AssociationChannel : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly PduReader _reader;
    private readonly AssociationStateMachine _machine;

    public AssociationChannel(Stream stream, AssociationLimits limits, TimeProvider time, bool isRequestor)
    {
        _stream = stream;
        Limits = limits;
        Time = time;
        _reader = new PduReader(stream, limits, time);
        Writer = new PduWriter(stream, limits, time);
        _machine = new AssociationStateMachine { IsRequestor = isRequestor };
        if (isRequestor)
        {
            Fire(Evt1_AssociateRequest);
            Fire(Evt2_TransportConfirm);
        }
        else
        {
            Fire(Evt5_TransportIndication);
        }
    }

    public AssociationLimits Limits { get; }

    public TimeProvider Time { get; }

    public PduWriter Writer { get; }

    public UpperLayerState State => _machine.State;

    /// <summary>What both sides agreed on, by context id; set once the association is open.</summary>
    public IReadOnlyDictionary<byte, NegotiatedContext> Contexts { get; private set; } = new Dictionary<byte, NegotiatedContext>();

    /// <summary>Opens data transfer with what was agreed.</summary>
    public void Open(IReadOnlyDictionary<byte, NegotiatedContext> contexts, uint peerMaxPduLength)
    {
        Contexts = contexts;
        Writer.Open(peerMaxPduLength);
    }

    /// <summary>The next PDU that the table hands to the user; null when the peer asks to release (Sta8).</summary>
    /// <exception cref="AssociationException">The peer aborted, hung up, was too slow, or broke the protocol; it has been told.</exception>
    public async ValueTask<ReceivedPdu?> ReceiveAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var received = await _reader.ReadAsync(patience, cancellationToken);
            if (received is not { } pdu)
            {
                Fire(Evt17_TransportClosed);
                throw new AssociationException(AssociationFault.Peer, "The peer hung up without releasing the association.");
            }

            return await ActAsync(pdu, Fire(AssociationStateMachine.EventOf(pdu.Type)), cancellationToken);
        }
        catch (PduException e)
        {
            await BreakAsync(e.Reason);
            throw new AssociationException(AssociationFault.Peer, e.Message, e);
        }
        catch (AssociationException e) when (e.Fault == AssociationFault.Timeout)
        {
            // In Sta2 the ARTIM timer ends the connection without a word (AA-2); later the peer is told.
            if (State == UpperLayerState.Sta2_AwaitingAssociateRq)
                Fire(Evt18_ArtimExpired);
            else
                await BreakAsync(AbortReason.NotSpecified);
            throw;
        }
        catch (IOException e)
        {
            throw new AssociationException(AssociationFault.Peer, $"The connection broke: {e.Message}", e);
        }
    }

    /// <summary>Sends a PDU that a local event asks for, after the table has agreed.</summary>
    public async ValueTask SendAsync(UpperLayerEvent cause, ReadOnlyMemory<byte> pdu, CancellationToken cancellationToken)
    {
        if (Fire(cause) == UpperLayerAction.None)
            throw new InvalidOperationException($"{cause} cannot happen in {State}.");
        await Writer.WriteAsync(pdu, cancellationToken);
    }

    /// <summary>Sends the first <paramref name="length"/> bytes of the writer's value as one P-DATA-TF.</summary>
    /// <exception cref="AssociationException">The peer does not read, or has gone; if it said why, the message says so too.</exception>
    public async ValueTask SendValueAsync(byte contextId, bool isCommand, bool isLast, int length, CancellationToken cancellationToken)
    {
        try
        {
            await Writer.WriteValueAsync(contextId, isCommand, isLast, length, cancellationToken);
        }
        catch (AssociationException e) when (e.Fault == AssociationFault.Peer)
        {
            throw await FindAbortAsync(cancellationToken) ?? e;
        }
    }

    /// <summary>Ends the association from here: A-ABORT with a provider's reason, or the user's (null), if there is anyone to tell.</summary>
    public async ValueTask BreakAsync(AbortReason? providerReason)
    {
        if (Fire(providerReason is null ? Evt15_AbortRequest : Evt19_InvalidPdu) is UpperLayerAction.None or UpperLayerAction.AA_7)
            return;
        var abort = providerReason is { } reason ? AAbort.ByProvider(reason) : AAbort.ByUser;
        try
        {
            await Writer.WriteAsync(abort.ToBytes(), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or AssociationException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody is left to be told; the first reason stands.
        }
    }

    /// <summary>Waits, at most as long as the ARTIM timer runs, for the peer to hang up after our last word (Sta13).</summary>
    public async ValueTask AwaitCloseAsync(CancellationToken cancellationToken)
    {
        if (State != UpperLayerState.Sta13_AwaitingClose)
            return;
        try
        {
            if (_stream is SslStream tls)
                await tls.ShutdownAsync().WaitAsync(Limits.ArtimTimeout, Time, cancellationToken); // a peer that does not read cannot hold us
            await _reader.DrainAsync(Limits.ArtimTimeout, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            // However it ended, it has ended.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        Writer.Dispose();
        await _stream.DisposeAsync();
    }

    private UpperLayerAction Fire(UpperLayerEvent happened) => _machine.Fire(happened);

    private async ValueTask<ReceivedPdu?> ActAsync(ReceivedPdu pdu, UpperLayerAction action, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case UpperLayerAction.DT_2 or UpperLayerAction.AR_6 or UpperLayerAction.AE_3 or UpperLayerAction.AE_4 or UpperLayerAction.AE_6:
                return pdu;
            case UpperLayerAction.AR_2 or UpperLayerAction.AR_3 or UpperLayerAction.AR_10:
                ARelease.Check(pdu.Body.Span);
                if (action == UpperLayerAction.AR_10)
                    await SendAsync(Evt14_ReleaseResponse, ARelease.Rp, cancellationToken);
                return null;
            case UpperLayerAction.AR_8:
                // Both sides asked at once. The requestor answers first (AR-9); the acceptor waits for that answer (AR-10).
                if (_machine.IsRequestor)
                    await SendAsync(Evt14_ReleaseResponse, ARelease.Rp, cancellationToken);
                return await ReceiveAsync(Limits.ArtimTimeout, cancellationToken);
            case UpperLayerAction.AA_2 or UpperLayerAction.AA_3:
                var abort = AAbort.Parse(pdu.Body.Span);
                throw new AssociationException(
                    AssociationFault.Aborted, $"The peer aborted the association ({(abort.Source == 0 ? "its user" : $"provider: {abort.Reason}")}).");
            default:
                // AA-1 and AA-8: the table has already moved to Sta13, so the abort goes out here.
                await TellUnexpectedAsync(cancellationToken);
                throw new AssociationException(AssociationFault.Peer, $"The peer sent {pdu.Type}, which may not come now.");
        }
    }

    // A peer that aborts while we send closes, and our write fails; its abort may lie unread in front of that.
    private async ValueTask<AssociationException?> FindAbortAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReceiveAsync(TimeSpan.FromSeconds(1), cancellationToken) is not null)
            {
                // An answer that came early; the abort is behind it.
            }

            return null;
        }
        catch (AssociationException e)
        {
            return e.Fault == AssociationFault.Aborted ? e : null;
        }
    }

    private async ValueTask TellUnexpectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Writer.WriteAsync(AAbort.ByProvider(AbortReason.UnexpectedPdu).ToBytes(), cancellationToken);
        }
        catch (Exception e) when (e is IOException or AssociationException)
        {
            // Nobody is left to be told; the first reason stands.
        }
    }
}
