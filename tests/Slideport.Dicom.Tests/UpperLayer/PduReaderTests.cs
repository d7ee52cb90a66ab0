using System.Diagnostics;
using System.Reflection;
using CsCheck;
using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class PduReaderTests
{
    private static readonly AssociationLimits Limits = new() { MaxPduLength = 4096 };

    private static readonly byte[][] Session =
    [
        Wire.AssociateRq(), Wire.Command(1, Wire.EchoRq(1)), Wire.Data(3, new byte[3000]), Wire.PData([.. Wire.Value(3, 0, 1), .. Wire.Value(3, 2)]), Wire.ReleaseRq,
    ];

    [Fact]
    public Task A_stream_may_be_split_anywhere() => Gen.Int[1, 700].Array[1, 50].SampleAsync(
        async pieces =>
        {
            using var stream = new PiecewiseStream([.. Session.SelectMany(p => p)], pieces);
            using var reader = new PduReader(stream, Limits, TimeProvider.System);
            foreach (var expected in Session)
            {
                var pdu = await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None);
                Assert.Equal(expected, [(byte)pdu!.Value.Type, 0, .. Wire.UInt32(pdu.Value.Body.Length), .. pdu.Value.Body.Span]);
            }

            Assert.Null(await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None));
        },
        iter: 200);

    [Fact]
    public async Task A_PDU_cut_short_anywhere_is_a_peer_that_hung_up()
    {
        var bytes = Wire.Command(1, Wire.EchoRq(1));
        for (var length = 1; length < bytes.Length; length++)
        {
            using var stream = new PiecewiseStream(bytes[..length], [64]);
            using var reader = new PduReader(stream, Limits, TimeProvider.System);

            var error = await Assert.ThrowsAsync<AssociationException>(async () => await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None));

            Assert.Equal(AssociationFault.Peer, error.Fault);
        }
    }

    [Theory]
    [InlineData(4097u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x80000000u)]
    [InlineData(0xFFFFFFFFu)]
    public async Task Reader_refuses_a_PDU_longer_than_the_limit_without_reading_or_allocating_for_it(uint length)
    {
        using var stream = new PiecewiseStream(Wire.PduClaiming(4, length), [6]);
        using var reader = new PduReader(stream, Limits, TimeProvider.System);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = await Assert.ThrowsAsync<PduException>(async () => await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None));

        Assert.Equal(AbortReason.InvalidParameterValue, error.Reason);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(0x16)]
    [InlineData('G')]
    [InlineData(255)]
    public async Task Reader_refuses_a_type_that_is_none(int type)
    {
        using var stream = new PiecewiseStream(Wire.PduClaiming((byte)type, 0xFFFFFFFF), [6]);
        using var reader = new PduReader(stream, Limits, TimeProvider.System);

        var error = await Assert.ThrowsAsync<PduException>(async () => await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None));

        Assert.Equal(AbortReason.UnrecognizedPdu, error.Reason);
    }

    [Fact]
    public async Task Reading_allocates_nothing_for_each_PDU()
    {
        const int Pdus = 2000;
        var one = Wire.Data(3, new byte[1000]);
        using var stream = new PiecewiseStream([.. Enumerable.Repeat(one, Pdus + 10).SelectMany(p => p)], [900]);
        using var reader = new PduReader(stream, Limits, TimeProvider.System);
        for (var i = 0; i < 10; i++)
            await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < Pdus; i++)
            await reader.ReadAsync(Limits.IdleTimeout, CancellationToken.None);

        // The compiler makes an object of every call of an async method in a debug build, and only there.
        var optimized = typeof(PduReader).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled != true;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, optimized ? Pdus : Pdus * 512);
    }

    /// <summary>Gives its bytes in pieces of the given sizes, over and over.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int[] pieces) : MemoryStream(bytes)
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = Math.Min(buffer.Length, pieces[_reads++ % pieces.Length]);
            return ValueTask.FromResult(Read(buffer.Span[..most]));
        }
    }
}
