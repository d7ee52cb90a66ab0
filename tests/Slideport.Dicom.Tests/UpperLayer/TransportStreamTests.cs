using CsCheck;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class TransportStreamTests
{
    private const int FullRecord = 16 << 10;

    [Fact]
    public async Task Full_records_wait_for_the_end_of_their_PDU_and_leave_together()
    {
        var network = new Network();
        await using var transport = new TransportStream(network);

        await transport.WriteAsync(new byte[FullRecord + 22], TestContext.Current.CancellationToken);
        await transport.WriteAsync(new byte[FullRecord + 22], TestContext.Current.CancellationToken);
        Assert.Empty(network.Sends);
        await transport.WriteAsync(new byte[100], TestContext.Current.CancellationToken);

        Assert.Equal([(2 * (FullRecord + 22)) + 100], network.Sends);
    }

    [Fact]
    public async Task A_short_record_leaves_at_once()
    {
        var network = new Network();
        await using var transport = new TransportStream(network);

        await transport.WriteAsync(new byte[7], TestContext.Current.CancellationToken);

        Assert.Equal([7], network.Sends);
    }

    [Fact]
    public async Task A_PDU_that_ends_with_a_full_record_leaves_when_flushed()
    {
        var network = new Network();
        await using var transport = new TransportStream(network);

        await transport.WriteAsync(new byte[FullRecord], TestContext.Current.CancellationToken);
        await transport.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal([FullRecord], network.Sends);
    }

    [Fact]
    public async Task What_has_arrived_is_taken_in_one_call_and_handed_out_in_pieces()
    {
        var network = new Network { Arriving = [1, 2, 3, 4, 5] };
        await using var transport = new TransportStream(network);
        var buffer = new byte[2];

        Assert.Equal(0, await transport.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
        Assert.Equal(2, await transport.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(2, await transport.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(1, await transport.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(5, buffer[0]);
        Assert.Equal(0, await transport.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(2, network.Receives); // the bytes, and the end
    }

    [Fact]
    public void Bytes_keep_their_order_whatever_the_sizes()
    {
        Gen.Int[0, 200_000].List[0, 12].Sample(sizes =>
        {
            var network = new Network();
            using var transport = new TransportStream(network);
            var written = new MemoryStream();
            foreach (var size in sizes)
            {
                var bytes = new byte[size];
                new Random(size).NextBytes(bytes);
                written.Write(bytes);
                Assert.True(transport.WriteAsync(bytes, 0, size, CancellationToken.None).IsCompletedSuccessfully);
            }

            transport.Flush();
            Assert.Equal(written.ToArray(), network.Sent.ToArray());
        }, iter: 200);
    }

    [Fact]
    public async Task A_read_broken_off_does_not_hand_out_again_what_was_taken_before()
    {
        var network = new Network { Arriving = [1, 2] };
        await using var transport = new TransportStream(network);
        var buffer = new byte[2];
        await transport.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        network.Fails = true;

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await transport.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken));
        (network.Fails, network.Arriving) = (false, [3]);

        Assert.Equal(1, await transport.ReadAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal(3, buffer[0]);
    }

    // A duplex stream that notes each call.
    private sealed class Network : MemoryStream
    {
        public byte[] Arriving { get; set; } = [];

        public bool Fails { get; set; }

        public List<int> Sends { get; } = [];

        public MemoryStream Sent { get; } = new();

        public int Receives { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length == 0)
                return new ValueTask<int>(0);
            if (Fails)
                throw new OperationCanceledException();
            Receives++;
            var count = Math.Min(buffer.Length, Arriving.Length);
            Arriving.AsMemory(0, count).CopyTo(buffer);
            Arriving = Arriving[count..];
            return new ValueTask<int>(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.ToArray(), 0, buffer.Length);
            return ValueTask.CompletedTask;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Sends.Add(count);
            Sent.Write(buffer, offset, count);
        }
    }
}
