using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>Measures the memory of the process, so nothing may run beside it.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    [Fact]
    public async Task A_thousand_strangers_leave_no_memory_behind()
    {
        await using var listener = new ListenerUnderTest();
        for (var i = 0; i < 100; i++)
            await AnnoyAsync(listener);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 1000; i++)
            await AnnoyAsync(listener);

        // One leaked buffer each would be 16 MB, one leaked entry in a list some 500 kB.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 400_000);
    }

    [Fact]
    public async Task A_hundred_associations_in_the_middle_of_a_PDU_cost_what_they_have_sent()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxPduLength = 1 << 20 });
        var peers = new List<RawPeer>();
        try
        {
            await RoundAsync(); // warms the pools up
            var before = GC.GetTotalMemory(forceFullCollection: true);

            await RoundAsync();

            // A buffer for each PDU that was announced would be 100 MB.
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20 << 20);
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }

        async Task RoundAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                peers.Add(await RawPeer.AssociateAsync(listener.EndPoint));
                await peers[^1].SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.PduClaiming(4, 1 << 20, [0, 0, 0xFF, 0, 3, 0, 1, 2, 3])]);
            }
        }
    }

    // SLIDEPORT_LONG=1: the hundred thousand; 1,000 otherwise.
    [Fact]
    public async Task Connecting_and_breaking_off_over_and_over_leaves_no_descriptor_thread_or_memory_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var cycles = Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1" ? 100_000 : 1000;
        await using var listener = new ListenerUnderTest();
        for (var i = 0; i < 300; i++)
            await BreakOffAsync(listener, i);
        var (descriptors, threads, memory) = Footprint();

        for (var i = 0; i < cycles; i++)
            await BreakOffAsync(listener, i);

        // 1 KB each would show; a thread or two more is the pool's own business.
        var after = Footprint();
        Assert.InRange(after.Descriptors, 0, descriptors + 4);
        Assert.InRange(after.Threads, 0, threads + 8);
        Assert.InRange(after.Memory - memory, long.MinValue, Math.Max(32 << 20, cycles * 1024L));
    }

    // In turn: without a word, inside a request, with an association, inside an instance.
    private static async Task BreakOffAsync(ListenerUnderTest listener, int i)
    {
        using (var peer = i % 4 < 2 ? await RawPeer.ConnectAsync(listener.EndPoint) : await RawPeer.AssociateAsync(listener.EndPoint))
        {
            if (i % 4 == 1)
                await peer.SendAsync(Wire.AssociateRq()[..50]);
            if (i % 4 == 2)
                await peer.SendAsync(Wire.Abort(0, 0));
            if (i % 4 == 3)
                await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.PData(Wire.Value(3, 0, new byte[500]))]);
        }

        await listener.EventAsync(AssociationEventKind.Aborted);
    }

    private static (int Descriptors, int Threads, long Memory) Footprint()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return (Directory.GetFiles("/proc/self/fd").Length, self.Threads.Count, self.WorkingSet64);
    }

    private static async Task AnnoyAsync(ListenerUnderTest listener)
    {
        using var stranger = await RawPeer.ConnectAsync(listener.EndPoint);
        await stranger.SendAsync(Wire.PduClaiming(1, 0x7FFFFFFF));
        Assert.Equal(Wire.Abort(2, 6), await stranger.ReadPduAsync());
        await listener.EventAsync(AssociationEventKind.Aborted);
    }
}
