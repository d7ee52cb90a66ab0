using System.Net;
using System.Net.Sockets;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class AssociationListenerTests
{
    [Fact]
    public async Task Far_too_many_connections_are_closed_without_a_word_and_those_that_are_served_go_on()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxConnections = 1 });
        using var served = await RawPeer.AssociateAsync(listener.EndPoint);
        var surplus = new List<RawPeer>();
        for (var i = 0; i < 80; i++)
            surplus.Add(await RawPeer.ConnectAsync(listener.EndPoint));

        Assert.Empty(await surplus[^1].ReadToEndAsync());
        await served.EchoAsync();
        surplus.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public async Task A_calling_title_no_file_can_name_is_rejected()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        var request = Wire.AssociateRq(calling: "SCANNER");
        request[request.AsSpan().IndexOf(Wire.Ascii("SCANNER"))] = 0xE9;

        await peer.SendAsync(request);

        Assert.Equal(Wire.Reject(1, 1, 3), await peer.ReadPduAsync());
    }

    [Fact]
    public async Task An_association_is_accepted_with_the_bytes_the_standard_draws()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        byte[] contexts =
        [
            .. Wire.Context(1, Wire.Verification, Wire.ImplicitLittle), .. Wire.Context(3, "1.2.3", Wire.ImplicitLittle),
            .. Wire.Context(5, Wire.WsiStorage, Wire.Deflated), .. Wire.Context(7, Wire.WsiStorage, Wire.ExplicitLittle, Wire.JpegBaseline),
        ];

        await peer.SendAsync(Wire.AssociateRq(contexts));

        byte[] user =
        [
            .. Wire.Item(0x51, Wire.UInt32(new AssociationLimits().MaxPduLength)), .. Wire.Item(0x52, Wire.Ascii(ImplementationIdentity.ClassUid)),
            .. Wire.Item(0x55, Wire.Ascii(ImplementationIdentity.VersionName)),
        ];
        Assert.Equal(
            Wire.Pdu(
                2,
                [
                    0, 1, 0, 0, .. Wire.Title("SLIDEPORT"), .. Wire.Title("SCANNER"), .. new byte[32], .. Wire.Item(0x10, Wire.Ascii(Wire.ApplicationContext)),
                    .. Answer(1, 0, Wire.ImplicitLittle), .. Answer(3, 3, Wire.ImplicitLittle), .. Answer(5, 4, Wire.Deflated),
                    .. Answer(7, 0, Wire.JpegBaseline), .. Wire.Item(0x50, user),
                ]),
            await peer.ReadPduAsync());
    }

    [Fact]
    public async Task An_association_is_accepted_even_if_every_context_is_refused()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint, Wire.AssociateRq(Wire.Context(1, "1.2.3", Wire.ImplicitLittle)));

        await peer.ReleaseAsync();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(16u)]
    [InlineData(4096u)]
    [InlineData(0xFFFFFFFFu)]
    public async Task Any_maximum_length_that_holds_something_is_kept_to(uint maxLength)
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint, Wire.AssociateRq(user: Wire.UserInformation(maxLength)));
        await peer.SendAsync(Wire.Command(1, Wire.EchoRq(7)));

        var command = new List<byte>();
        for (var last = false; !last;)
        {
            var pdu = await peer.ReadPduAsync();
            Assert.InRange<long>(pdu.Length - 6, 8, maxLength == 0 ? long.MaxValue : maxLength);
            Assert.Equal(0, pdu.Length % 2); // fragments shall be even
            command.AddRange(pdu[12..]);
            last = (pdu[11] & 2) != 0;
        }

        Assert.Equal(Wire.EchoRsp(7), command);
    }

    [Fact]
    public async Task The_reserved_bytes_and_titles_of_a_request_come_back_as_they_were()
    {
        await using var listener = new ListenerUnderTest(title: null);
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        var request = Wire.AssociateRq(called: " A\0\0", calling: "B\\C");
        for (var i = 42; i < 74; i++)
            request[i] = (byte)i;

        await peer.SendAsync(request);

        Assert.Equal(request[10..74], (await peer.ReadPduAsync())[10..74]);
    }

    [Fact]
    public async Task Both_sides_may_ask_for_release_at_once()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync([.. Wire.Command(1, Wire.EchoRq(1)), .. Wire.ReleaseRq]);

        Assert.Equal(Wire.Command(1, Wire.EchoRsp(1)), await peer.ReadPduAsync());
        Assert.Equal(Wire.ReleaseRp, await peer.ReadPduAsync());
        Assert.True((await listener.Store.NextClosedAsync()).Released);
    }

    [Fact]
    public async Task Connections_of_an_address_that_say_nothing_are_counted_and_the_next_one_is_told_to_come_later()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxUnauthenticatedPerAddress = 2 });
        using var first = await RawPeer.ConnectAsync(listener.EndPoint);
        using var second = await RawPeer.ConnectAsync(listener.EndPoint);
        using var third = await RawPeer.ConnectAsync(listener.EndPoint);

        await third.SendAsync(Wire.AssociateRq());

        Assert.Equal(Wire.Reject(2, 3, 2), await third.ReadPduAsync());
        await first.SendAsync(Wire.AssociateRq());
        Assert.Equal(2, (await first.ReadPduAsync())[0]);
        using var fourth = await RawPeer.AssociateAsync(listener.EndPoint);
        await fourth.EchoAsync();
    }

    [Fact]
    public async Task Connections_in_all_are_counted_and_a_place_is_free_again_when_one_ends()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxConnections = 1 });
        using (var only = await RawPeer.AssociateAsync(listener.EndPoint))
        {
            using var refused = await RawPeer.ConnectAsync(listener.EndPoint);
            await refused.SendAsync(Wire.AssociateRq());
            Assert.Equal(Wire.Reject(2, 3, 2), await refused.ReadPduAsync());
            await only.ReleaseAsync();
        }

        await RetryUntilAsync(async () =>
        {
            using var next = await RawPeer.ConnectAsync(listener.EndPoint);
            await next.SendAsync(Wire.AssociateRq());
            return (await next.ReadPduAsync())[0] == 2;
        });
    }

    [Fact]
    public async Task Stopping_accepts_nobody_new_and_ends_what_is_idle_but_lets_a_message_that_has_begun_finish()
    {
        var listener = new ListenerUnderTest();
        using var idle = await RawPeer.AssociateAsync(listener.EndPoint);
        await idle.EchoAsync();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        var begun = new TaskCompletionSource();
        listener.Store.Write = (_, _) =>
        {
            begun.TrySetResult();
            return ValueTask.CompletedTask;
        };
        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.PData(Wire.Value(3, 0, 1, 2))]);
        await begun.Task;
        var endPoint = listener.EndPoint;

        var stopping = listener.Listener.StopAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(Wire.Abort(0, 0), await idle.ReadPduAsync());
        await Assert.ThrowsAnyAsync<SocketException>(async () => (await RawPeer.ConnectAsync(endPoint)).Dispose());
        await peer.SendAsync(Wire.Data(3, 3, 4));

        Assert.Equal(0, await peer.ReadStatusAsync());
        Assert.Equal(Wire.Abort(0, 0), await peer.ReadPduAsync());
        idle.Dispose();
        peer.Dispose();
        await stopping;
    }

    [Fact]
    public async Task Stopping_aborts_what_does_not_finish()
    {
        var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        await peer.EchoAsync();

        await listener.DisposeAsync();

        Assert.Equal(Wire.Abort(0, 0), await peer.ReadPduAsync());
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task The_peer_is_known_by_its_address_in_the_family_it_came_by(string address)
    {
        await using var listener = new AssociationListener(
            new ListenerOptions { Address = IPAddress.Parse(address), Port = 0 }, new Slideport.Dicom.Services.DicomServices { Store = new RememberingStore() });
        listener.Start();

        using var peer = await RawPeer.AssociateAsync(listener.LocalEndPoint);
        await peer.EchoAsync();
    }

    [Fact]
    public async Task A_dribble_of_single_bytes_is_an_association_like_any_other()
    {
        await using var listener = new ListenerUnderTest();
        using var proxy = new FaultProxy(listener.EndPoint, new Fault { PieceBytes = 1 });
        using var peer = await RawPeer.AssociateAsync(proxy.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.Data(3, 1, 2, 3, 4)]);

        Assert.Equal(0, await peer.ReadStatusAsync());
        Assert.Equal([1, 2, 3, 4], (await listener.Store.NextAsync()).Bytes);
        await peer.ReleaseAsync();
    }

    [Fact]
    public async Task A_wire_cut_at_any_byte_stores_nothing_and_frees_its_place()
    {
        byte[] session = [.. Wire.AssociateRq(), .. Wire.Command(3, Wire.StoreRq(1)), .. Wire.PData(Wire.Value(3, 0, 1, 2)), .. Wire.Data(3, 3, 4)];
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxConnections = 4 });
        for (var cut = 1; cut < session.Length; cut += 7)
        {
            using var proxy = new FaultProxy(listener.EndPoint, new Fault { CutAfter = cut });
            using var peer = await RawPeer.ConnectAsync(proxy.EndPoint);
            await peer.SendAsync(session);
            await peer.ReadToEndAsync();
            await listener.EventAsync(AssociationEventKind.Aborted);
        }

        using var whole = await RawPeer.ConnectAsync(listener.EndPoint);
        await whole.SendAsync([.. session, .. Wire.ReleaseRq]);
        await whole.ReadPduAsync();
        Assert.Equal(0, await whole.ReadStatusAsync());
        Received received;
        while (!(received = await listener.Store.NextAsync()).IsComplete)
            Assert.True(received.Bytes.Length < 4);
        Assert.Equal([1, 2, 3, 4], received.Bytes);
    }

    private static byte[] Answer(byte id, byte result, string syntax) => Wire.Item(0x21, [id, 0, result, 0, .. Wire.Item(0x40, Wire.Ascii(syntax))]);

    private static async Task RetryUntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 500; i++)
        {
            if (await condition()) return;
            await Task.Delay(10);
        }

        Assert.Fail("It never became true");
    }
}
