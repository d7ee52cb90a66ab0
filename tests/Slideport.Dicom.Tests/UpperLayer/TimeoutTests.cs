using Microsoft.Extensions.Time.Testing;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>Silence of every kind ends. The clock is the test's own.</summary>
public sealed class TimeoutTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed_without_a_word()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);

        Assert.Empty(await PassTimeUntilAsync(peer.ReadToEndAsync()));
        Assert.Contains("30 s", (await listener.EventAsync(AssociationEventKind.Aborted)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_one_too_many_is_not_waited_for_as_long_as_a_welcome_one()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxUnauthenticatedPerAddress = 1 }, time: _time);
        using var welcome = await RawPeer.ConnectAsync(listener.EndPoint);
        using var surplus = await RawPeer.ConnectAsync(listener.EndPoint);
        var closed = surplus.ReadToEndAsync();

        for (var waited = 0; waited < 20 && !closed.IsCompleted; waited++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.True(closed.IsCompleted);
        Assert.Empty(await closed);
        await welcome.SendAsync(Wire.AssociateRq());
        Assert.Equal(2, (await welcome.ReadPduAsync())[0]);
    }

    [Fact]
    public async Task A_header_and_then_silence_is_closed_without_a_word()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        await peer.SendAsync(Wire.PduClaiming(1, 200));

        Assert.Empty(await PassTimeUntilAsync(peer.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_peer_that_never_reads_our_answers_is_left_and_others_are_served()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var bystander = await RawPeer.AssociateAsync(listener.EndPoint);
        using var deaf = await RawPeer.AssociateAsync(listener.EndPoint);

        // Until our answers fill its buffers, and its requests ours.
        byte[] echoes = [.. Enumerable.Range(0, 1000).SelectMany(_ => Wire.Command(1, Wire.EchoRq(1)))];
        var sending = SendUntilClosedAsync(deaf, echoes);
        var left = listener.EventAsync(AssociationEventKind.Aborted);
        while (!left.IsCompleted)
        {
            await bystander.EchoAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Contains("read nothing", (await left).Text, StringComparison.Ordinal);
        await PassTimeUntilAsync(sending);
    }

    [Fact]
    public async Task A_peer_that_never_reads_our_answers_over_TLS_does_not_keep_the_listener_from_stopping()
    {
        using var authority = new Services.TlsPeers();
        await using var listener = new ListenerUnderTest(time: _time, tls: authority.Server);
        using var deaf = await RawPeer.AssociateAsync(listener.EndPoint, tls: authority.Client());

        byte[] echoes = [.. Enumerable.Range(0, 1000).SelectMany(_ => Wire.Command(1, Wire.EchoRq(1)))];
        var sending = SendUntilClosedAsync(deaf, echoes);
        var left = listener.EventAsync(AssociationEventKind.Aborted);
        while (!left.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await PassTimeUntilAsync(StopAsync(listener));
        await PassTimeUntilAsync(sending);
    }

    [Fact]
    public async Task A_byte_now_and_then_keeps_no_connection()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.ConnectAsync(listener.EndPoint);
        var closed = peer.ReadToEndAsync();

        foreach (var one in Wire.AssociateRq()[..100])
        {
            if (closed.IsCompleted) break;
            await SendUnlessClosedAsync(peer, one);
            await Task.Delay(20, TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.True(closed.IsCompleted || await Task.WhenAny(closed, Task.Delay(5000, TestContext.Current.CancellationToken)) == closed);
        Assert.Empty(await closed);
    }

    [Fact]
    public async Task An_idle_association_is_aborted_after_the_idle_time()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        await peer.EchoAsync();

        Assert.Equal(Wire.Abort(2, 0), await PassTimeUntilAsync(peer.ReadPduAsync()));
    }

    [Fact]
    public async Task A_message_that_stops_in_the_middle_is_aborted_and_nothing_of_it_is_kept()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.Data(3, 1, 2, 3)[..14]]);

        Assert.Equal(Wire.Abort(2, 0), await PassTimeUntilAsync(peer.ReadPduAsync()));
        Assert.False((await listener.Store.NextAsync()).IsComplete);
    }

    [Theory]
    [InlineData(3, 0x0001)] // C-STORE, refused
    [InlineData(1, 0x0030)] // C-ECHO, which has no data set
    [InlineData(3, 0x0030)] // C-ECHO on another's context
    [InlineData(5, 0x0ABC)] // nothing we know
    [InlineData(5, 0x0130)] // N-ACTION with a data set too long to be one
    public async Task A_data_set_nobody_wants_that_takes_too_long_to_end_ends_its_association(byte context, int command)
    {
        var limits = new AssociationLimits { DrainTimeout = TimeSpan.FromSeconds(5), MaxMessageDataSetBytes = 10 };
        await using var listener = new ListenerUnderTest(limits, time: _time, commitment: new Services.MemoryStore());
        listener.Store.Begin = _ => new RefusedReception(new StoreOutcome(DimseStatus.OutOfResources));
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        await peer.SendAsync(command == 0x0001
            ? Wire.Command(context, Wire.StoreRq(1))
            : Wire.Command(context, Wire.CommandSet(Wire.Us(0x0100, command), Wire.Us(0x0110, 1), Wire.Us(0x0800, 1))));
        var answer = peer.ReadPduAsync();

        for (var i = 0; i < 2000 && !answer.IsCompleted; i++)
        {
            await peer.SendAsync(Wire.PData(Wire.Value(context, 0, 1, 2)));
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Wire.Abort(0, 0), await answer);
    }

    [Fact]
    public async Task A_peer_that_does_not_hang_up_after_release_is_hung_up_on()
    {
        await using var listener = new ListenerUnderTest(time: _time);
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        await peer.ReleaseAsync();

        Assert.Empty(await PassTimeUntilAsync(peer.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_stalled_handshake_is_given_up_and_keeps_nobody_waiting()
    {
        using var authority = new Services.TlsPeers();
        await using var listener = new ListenerUnderTest(time: _time, tls: authority.Server);
        using var stalled = await RawPeer.ConnectAsync(listener.EndPoint);
        await stalled.SendAsync(0x16, 3, 1);

        await using (var other = await authority.ConnectAsync(listener.EndPoint))
            await other.ReleaseAsync(TestContext.Current.CancellationToken);

        await PassTimeUntilAsync(stalled.ReadToEndAsync());
        Assert.Contains("too long", (await listener.EventAsync(AssociationEventKind.ConnectionRefused)).Text, StringComparison.Ordinal);
    }

    // A timer may be set only after the clock was moved, so the clock goes on until what is awaited has happened.
    private async Task<T> PassTimeUntilAsync<T>(Task<T> task)
    {
        for (var i = 0; i < 2000 && !task.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        return await task;
    }

    private static async Task<bool> StopAsync(ListenerUnderTest listener)
    {
        await listener.Listener.StopAsync(TimeSpan.Zero);
        return true;
    }

    private static async Task<bool> SendUntilClosedAsync(RawPeer peer, byte[] bytes)
    {
        try
        {
            while (true)
                await peer.SendAsync(bytes);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task SendUnlessClosedAsync(RawPeer peer, byte one)
    {
        try
        {
            await peer.SendAsync(one);
        }
        catch (IOException)
        {
            // Closed already: that is what the test waits for.
        }
    }
}
