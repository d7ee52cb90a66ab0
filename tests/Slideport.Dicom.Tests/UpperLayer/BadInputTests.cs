using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>What a stranger may send, and the exact bytes it gets back; somebody else's association goes on all the while. Rows of docs/bad-input.md are named.</summary>
public sealed class BadInputTests
{
    private static readonly byte[] Associate = Wire.AssociateRq();
    private static readonly byte[] StoreRequest = Wire.Command(3, Wire.StoreRq(1));

    /// <summary>Sent before an association: what, and the one PDU that answers it.</summary>
    private static readonly Dictionary<string, (byte[] Sent, byte[] Answer)> Strangers = new()
    {
        ["U1 HTTP on a DICOM port"] = (Wire.Ascii("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Wire.Abort(2, 1)),
        ["U1 TLS on a plain port"] = ([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], Wire.Abort(2, 1)),
        ["U1 PDU type 0"] = (Wire.PduClaiming(0, 4, 0, 0, 0, 0), Wire.Abort(2, 1)),
        ["U1 PDU type 8"] = (Wire.PduClaiming(8, 0xFFFFFFFF), Wire.Abort(2, 1)),
        ["U2 P-DATA before an association"] = (Wire.Command(1, Wire.EchoRq(1)), Wire.Abort(2, 2)),
        ["U2 release before an association"] = (Wire.ReleaseRq, Wire.Abort(2, 2)),
        ["U2 release answer before an association"] = (Wire.ReleaseRp, Wire.Abort(2, 2)),
        ["U2 rejection before an association"] = (Wire.Reject(1, 1, 1), Wire.Abort(2, 2)),
        ["U2 acceptance before an association"] = ([2, .. Associate[1..]], Wire.Abort(2, 2)),
        ["U3 protocol version 2 only"] = (Wire.AssociateRq(version: 2), Wire.Reject(1, 2, 2)),
        ["U4 wrong application context"] = (Wire.AssociateRq(application: "1.2.3"), Wire.Reject(1, 1, 2)),
        ["U5 no presentation contexts"] = (Wire.AssociateRq(contexts: []), Wire.Reject(1, 1, 1)),
        ["U6 even context id"] = (Wire.AssociateRq(Wire.Context(2, Wire.Verification, Wire.ImplicitLittle)), Wire.Abort(2, 6)),
        ["U6 context id 0"] = (Wire.AssociateRq(Wire.Context(0, Wire.Verification, Wire.ImplicitLittle)), Wire.Abort(2, 6)),
        ["U6 duplicate context id"] = (Wire.AssociateRq([.. Wire.UsualContexts, .. Wire.UsualContexts]), Wire.Abort(2, 6)),
        ["U8 called title unknown"] = (Wire.AssociateRq(called: "SOMEONE"), Wire.Reject(1, 1, 7)),
        ["U8 calling title blank"] = (Wire.AssociateRq(calling: ""), Wire.Reject(1, 1, 3)),
        ["U9 request of 4 GiB"] = (Wire.PduClaiming(1, 0xFFFFFFFF), Wire.Abort(2, 6)),
        ["U9 request of 2 GiB"] = (Wire.PduClaiming(1, 0x80000000), Wire.Abort(2, 6)),
        ["U9 request one byte too long"] = (Wire.PduClaiming(1, (1024 * 1024) + 1), Wire.Abort(2, 6)),
        ["U10 request of 0 bytes"] = (Wire.Pdu(1), Wire.Abort(2, 6)),
        ["U10 request of 10 bytes"] = (Wire.Pdu(1, new byte[10]), Wire.Abort(2, 6)),
        ["U11 item past the end"] = (Wire.AssociateRq(extra: [0x20, 0, 0xFF, 0xFF]), Wire.Abort(2, 6)),
        ["U11 sub-item past its item"] = (Wire.AssociateRq(Wire.Item(0x20, [1, 0, 0, 0, 0x30, 0, 0, 9, 49])), Wire.Abort(2, 6)),
        ["U11 context item of 1 byte"] = (Wire.AssociateRq(Wire.Item(0x20, [1])), Wire.Abort(2, 6)),
        ["U11 maximum length of 2 bytes"] = (Wire.AssociateRq(user: Wire.Item(0x51, [0, 1])), Wire.Abort(2, 6)),
        ["U11 role selection past its item"] = (Wire.AssociateRq(user: Wire.UserInformation(16384, Wire.Item(0x54, [0, 99, 49]))), Wire.Abort(2, 6)),
        ["U12 maximum length 1"] = (Wire.AssociateRq(user: Wire.UserInformation(1)), Wire.Reject(1, 1, 1)),
        ["U12 maximum length 7"] = (Wire.AssociateRq(user: Wire.UserInformation(7)), Wire.Reject(1, 1, 1)),
    };

    /// <summary>Sent on an association: what, and the abort that answers it.</summary>
    private static readonly Dictionary<string, (byte[] Sent, byte[] Answer)> Associated = new()
    {
        ["U14 empty P-DATA"] = (Wire.PData(), Wire.Abort(2, 6)),
        ["U13 value of length 0"] = (Wire.PData(0, 0, 0, 0, 1, 3), Wire.Abort(2, 6)),
        ["U13 value of length 1"] = (Wire.PData(0, 0, 0, 1, 1, 3), Wire.Abort(2, 6)),
        ["U13 value longer than its PDU"] = (Wire.PData(0, 0, 0, 9, 1, 3, 0, 0), Wire.Abort(2, 6)),
        ["U13 value of 2 GiB"] = (Wire.PData(0x80, 0, 0, 0, 1, 3), Wire.Abort(2, 6)),
        ["U13 value of 4 GiB"] = (Wire.PData(0xFF, 0xFF, 0xFF, 0xFF, 1, 3), Wire.Abort(2, 6)),
        ["U13 P-DATA of 3 bytes"] = (Wire.PData(0, 0, 0), Wire.Abort(2, 6)),
        ["U13 value, then 3 bytes"] = (Wire.PData([.. Wire.Value(1, 1, 0, 0), 0, 0, 0]), Wire.Abort(2, 6)),
        ["U17 context never proposed"] = (Wire.Command(99, Wire.EchoRq(1)), Wire.Abort(2, 5)),
        ["U17 data set first"] = (Wire.Data(3, 1, 2), Wire.Abort(2, 5)),
        ["U17 command inside a data set"] = ([.. StoreRequest, .. Wire.Command(1, Wire.EchoRq(2))], Wire.Abort(2, 5)),
        ["U17 data set on another context"] = ([.. StoreRequest, .. Wire.Data(1, 1, 2)], Wire.Abort(2, 5)),
        ["U19 PDU longer than announced"] = (Wire.PduClaiming(4, (1024 * 1024) + 1), Wire.Abort(2, 6)),
        ["U19 PDU one byte longer than announced"] = (Wire.PduClaiming(4, (256 * 1024) + 1), Wire.Abort(2, 6)),
        ["U20 second request"] = (Associate, Wire.Abort(2, 2)),
        ["acceptance"] = ([2, .. Associate[1..]], Wire.Abort(2, 2)),
        ["rejection"] = (Wire.Reject(1, 1, 1), Wire.Abort(2, 2)),
        ["release answer unasked"] = (Wire.ReleaseRp, Wire.Abort(2, 2)),
        ["release of 5 bytes"] = (Wire.Pdu(5, new byte[5]), Wire.Abort(2, 6)),
        ["release of 0 bytes"] = (Wire.Pdu(5), Wire.Abort(2, 6)),
        ["release inside a data set"] = ([.. StoreRequest, .. Wire.ReleaseRq], Wire.Abort(2, 2)),
        ["release inside a command"] = ([.. Wire.PData(Wire.Value(1, 1, 0, 0)), .. Wire.ReleaseRq], Wire.Abort(2, 2)),
        ["U1 PDU type 0x20"] = (Wire.Pdu(0x20, 1, 2, 3), Wire.Abort(2, 1)),
        ["command that is no data set"] = (Wire.Command(1, [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2]), Wire.Abort(2, 6)),
    };

    public static TheoryData<string> StrangerNames() => [.. Strangers.Keys];

    public static TheoryData<string> AssociatedNames() => [.. Associated.Keys];

    [Theory]
    [MemberData(nameof(StrangerNames))]
    public async Task A_stranger_is_answered_and_left(string name)
    {
        await using var listener = new ListenerUnderTest();
        using var bystander = await RawPeer.AssociateAsync(listener.EndPoint);
        using var stranger = await RawPeer.ConnectAsync(listener.EndPoint);

        await stranger.SendAsync(Strangers[name].Sent);

        Assert.Equal(Strangers[name].Answer, await stranger.ReadPduAsync());
        await LeavesAsync(stranger);
        await bystander.EchoAsync();
    }

    [Theory]
    [MemberData(nameof(AssociatedNames))]
    public async Task A_broken_message_is_answered_and_ends_its_association_only(string name)
    {
        await using var listener = new ListenerUnderTest();
        using var bystander = await RawPeer.AssociateAsync(listener.EndPoint);
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Associated[name].Sent);

        Assert.Equal(Associated[name].Answer, await peer.ReadPduAsync());
        await LeavesAsync(peer);
        var aborted = await listener.EventAsync(AssociationEventKind.Aborted);
        Assert.Equal("SCANNER", aborted.Peer.CallingAETitle);
        Assert.NotEmpty(aborted.Text);
        await bystander.EchoAsync();
    }

    [Fact]
    public async Task The_abort_arrives_however_much_the_peer_goes_on_sending()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync([.. Wire.PData(), .. Enumerable.Repeat(Wire.Data(3, new byte[16000]), 20).SelectMany(p => p)]);

        Assert.Equal(Wire.Abort(2, 6), await peer.ReadPduAsync());
        await LeavesAsync(peer);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    [InlineData(0)]
    public async Task An_abort_by_the_peer_is_not_answered_even_if_it_is_malformed(int length)
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Wire.Pdu(7, new byte[length]));

        Assert.Empty(await peer.ReadToEndAsync());
        Assert.False((await listener.Store.NextClosedAsync()).Released);
    }

    // After its last word the listener only waits for the peer to hang up.
    private static async Task LeavesAsync(RawPeer peer)
    {
        peer.HalfClose();
        Assert.Empty(await peer.ReadToEndAsync());
    }
}
