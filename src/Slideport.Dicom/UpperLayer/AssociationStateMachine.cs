using Slideport.Dicom.UpperLayer.Pdu;
using static Slideport.Dicom.UpperLayer.UpperLayerAction;
using static Slideport.Dicom.UpperLayer.UpperLayerEvent;
using static Slideport.Dicom.UpperLayer.UpperLayerState;

namespace Slideport.Dicom.UpperLayer;

/// <summary>States of an association, numbered and named as PS3.8 Tables 9-1 to 9-5 do.</summary>
internal enum UpperLayerState
{
    Sta1_Idle = 1, Sta2_AwaitingAssociateRq, Sta3_AwaitingLocalAnswer, Sta4_AwaitingTransport, Sta5_AwaitingAssociateAnswer,
    Sta6_DataTransfer, Sta7_AwaitingReleaseRp, Sta8_AwaitingLocalRelease, Sta9_CollisionRequestorLocal, Sta10_CollisionAcceptorPeer,
    Sta11_CollisionRequestorPeer, Sta12_CollisionAcceptorLocal, Sta13_AwaitingClose,
}

/// <summary>Events of PS3.8 Table 9-10.</summary>
internal enum UpperLayerEvent
{
    Evt1_AssociateRequest = 1, Evt2_TransportConfirm, Evt3_AssociateAc, Evt4_AssociateRj, Evt5_TransportIndication, Evt6_AssociateRq,
    Evt7_LocalAccept, Evt8_LocalReject, Evt9_DataRequest, Evt10_PDataTf, Evt11_ReleaseRequest, Evt12_ReleaseRq, Evt13_ReleaseRp,
    Evt14_ReleaseResponse, Evt15_AbortRequest, Evt16_Abort, Evt17_TransportClosed, Evt18_ArtimExpired, Evt19_InvalidPdu,
}

/// <summary>Actions of PS3.8 Tables 9-6 to 9-9.</summary>
internal enum UpperLayerAction
{
    None, AE_1, AE_2, AE_3, AE_4, AE_5, AE_6, AE_7, AE_8, DT_1, DT_2, AR_1, AR_2, AR_3, AR_4, AR_5, AR_6, AR_7, AR_8, AR_9, AR_10,
    AA_1, AA_2, AA_3, AA_4, AA_5, AA_6, AA_7, AA_8,
}

/// <summary>
/// The DICOM upper layer protocol machine: PS3.8 Table 9-10 as a table. It decides; whoever holds the connection acts.
/// </summary>
internal sealed class AssociationStateMachine
{
    private const int Events = 20;
    private const int States = 14;

    private static readonly UpperLayerAction[] Table = Build();

    public UpperLayerState State { get; private set; } = Sta1_Idle;

    /// <summary>Whether this side asked for the association; decides a release collision (AR-8).</summary>
    public bool IsRequestor { get; init; }

    /// <summary>Moves on and says what is to be done; <see cref="None"/> when the table has no entry (a local mistake).</summary>
    public UpperLayerAction Fire(UpperLayerEvent happened)
    {
        var action = ActionFor(State, happened);
        if (action != None)
            State = NextState(action);
        return action;
    }

    public static UpperLayerAction ActionFor(UpperLayerState state, UpperLayerEvent happened) => Table[((int)happened * States) + (int)state];

    public static UpperLayerEvent EventOf(PduType type) => type switch
    {
        PduType.AAssociateRq => Evt6_AssociateRq,
        PduType.AAssociateAc => Evt3_AssociateAc,
        PduType.AAssociateRj => Evt4_AssociateRj,
        PduType.PDataTf => Evt10_PDataTf,
        PduType.AReleaseRq => Evt12_ReleaseRq,
        PduType.AReleaseRp => Evt13_ReleaseRp,
        PduType.AAbort => Evt16_Abort,
        _ => Evt19_InvalidPdu,
    };

    // Where an action leads (Tables 9-6 to 9-9). AE-6 is taken here when the request is acceptable at all; otherwise Evt8 follows at once.
    private UpperLayerState NextState(UpperLayerAction action) => action switch
    {
        AE_1 => Sta4_AwaitingTransport,
        AE_2 => Sta5_AwaitingAssociateAnswer,
        AE_5 => Sta2_AwaitingAssociateRq,
        AE_6 => Sta3_AwaitingLocalAnswer,
        AE_3 or AE_7 or DT_1 or DT_2 => Sta6_DataTransfer,
        AR_1 or AR_6 => Sta7_AwaitingReleaseRp,
        AR_2 or AR_7 => Sta8_AwaitingLocalRelease,
        AR_8 => IsRequestor ? Sta9_CollisionRequestorLocal : Sta10_CollisionAcceptorPeer,
        AR_9 => Sta11_CollisionRequestorPeer,
        AR_10 => Sta12_CollisionAcceptorLocal,
        AE_8 or AR_4 or AA_1 or AA_6 or AA_7 or AA_8 => Sta13_AwaitingClose,
        _ => Sta1_Idle,
    };

    private static UpperLayerAction[] Build()
    {
        var table = new UpperLayerAction[Events * States];
        void Set(UpperLayerEvent e, UpperLayerState s, UpperLayerAction a) => table[((int)e * States) + (int)s] = a;

        // A PDU that came where it may not: before the association AA-1, within it AA-8, after it is over AA-6.
        foreach (var pdu in (UpperLayerEvent[])[Evt3_AssociateAc, Evt4_AssociateRj, Evt6_AssociateRq, Evt10_PDataTf, Evt12_ReleaseRq, Evt13_ReleaseRp, Evt19_InvalidPdu])
        {
            Set(pdu, Sta2_AwaitingAssociateRq, AA_1);
            Set(pdu, Sta3_AwaitingLocalAnswer, AA_8);
            for (var s = Sta5_AwaitingAssociateAnswer; s <= Sta12_CollisionAcceptorLocal; s++)
                Set(pdu, s, AA_8);
            Set(pdu, Sta13_AwaitingClose, pdu is Evt6_AssociateRq or Evt19_InvalidPdu ? AA_7 : AA_6);
        }

        foreach (var s in Enum.GetValues<UpperLayerState>().Where(s => s is not (Sta1_Idle or Sta4_AwaitingTransport)))
        {
            Set(Evt16_Abort, s, s is Sta2_AwaitingAssociateRq or Sta13_AwaitingClose ? AA_2 : AA_3);
            if (s is not (Sta2_AwaitingAssociateRq or Sta13_AwaitingClose))
                Set(Evt15_AbortRequest, s, AA_1);
            Set(Evt17_TransportClosed, s, s switch { Sta2_AwaitingAssociateRq => AA_5, Sta13_AwaitingClose => AR_5, _ => AA_4 });
        }

        Set(Evt15_AbortRequest, Sta4_AwaitingTransport, AA_2);
        Set(Evt17_TransportClosed, Sta4_AwaitingTransport, AA_4);
        Set(Evt18_ArtimExpired, Sta2_AwaitingAssociateRq, AA_2);
        Set(Evt18_ArtimExpired, Sta13_AwaitingClose, AA_2);

        Set(Evt1_AssociateRequest, Sta1_Idle, AE_1);
        Set(Evt2_TransportConfirm, Sta4_AwaitingTransport, AE_2);
        Set(Evt3_AssociateAc, Sta5_AwaitingAssociateAnswer, AE_3);
        Set(Evt4_AssociateRj, Sta5_AwaitingAssociateAnswer, AE_4);
        Set(Evt5_TransportIndication, Sta1_Idle, AE_5);
        Set(Evt6_AssociateRq, Sta2_AwaitingAssociateRq, AE_6);
        Set(Evt7_LocalAccept, Sta3_AwaitingLocalAnswer, AE_7);
        Set(Evt8_LocalReject, Sta3_AwaitingLocalAnswer, AE_8);

        Set(Evt9_DataRequest, Sta6_DataTransfer, DT_1);
        Set(Evt9_DataRequest, Sta8_AwaitingLocalRelease, AR_7);
        Set(Evt10_PDataTf, Sta6_DataTransfer, DT_2);
        Set(Evt10_PDataTf, Sta7_AwaitingReleaseRp, AR_6);

        Set(Evt11_ReleaseRequest, Sta6_DataTransfer, AR_1);
        Set(Evt12_ReleaseRq, Sta6_DataTransfer, AR_2);
        Set(Evt12_ReleaseRq, Sta7_AwaitingReleaseRp, AR_8);
        Set(Evt13_ReleaseRp, Sta7_AwaitingReleaseRp, AR_3);
        Set(Evt13_ReleaseRp, Sta10_CollisionAcceptorPeer, AR_10);
        Set(Evt13_ReleaseRp, Sta11_CollisionRequestorPeer, AR_3);
        Set(Evt14_ReleaseResponse, Sta8_AwaitingLocalRelease, AR_4);
        Set(Evt14_ReleaseResponse, Sta9_CollisionRequestorLocal, AR_9);
        Set(Evt14_ReleaseResponse, Sta12_CollisionAcceptorLocal, AR_4);
        return table;
    }
}
