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

    private static async Task AnnoyAsync(ListenerUnderTest listener)
    {
        using var stranger = await RawPeer.ConnectAsync(listener.EndPoint);
        await stranger.SendAsync(Wire.PduClaiming(1, 0x7FFFFFFF));
        Assert.Equal(Wire.Abort(2, 6), await stranger.ReadPduAsync());
        await listener.EventAsync(AssociationEventKind.Aborted);
    }
}
