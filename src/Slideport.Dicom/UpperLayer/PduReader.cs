using System.Buffers;
using System.Buffers.Binary;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.UpperLayer;

/// <summary>A PDU as received: its type and its body, which is valid until the next one is read.</summary>
internal readonly record struct ReceivedPdu(PduType Type, ReadOnlyMemory<byte> Body);

/// <summary>
/// Reads PDUs from a connection, each into the same buffer. The buffer grows with the bytes that have come, not with the length a
/// header claims, and never beyond the limit. Single owner, not thread-safe.
/// </summary>
internal sealed class PduReader : IDisposable
{
    public const int HeaderBytes = 6;
    private const int InitialBytes = 16 * 1024;

    private readonly Stream _stream;
    private readonly AssociationLimits _limits;
    private readonly ProgressTimer _timer;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
    private int _start;
    private int _end;

    public PduReader(Stream stream, AssociationLimits limits, TimeProvider time)
    {
        _stream = stream;
        _limits = limits;
        _timer = new ProgressTimer(time);
    }

    /// <summary>The next PDU; null when the peer hung up between two.</summary>
    /// <param name="patience">How long to wait for its first byte; its rest has <see cref="AssociationLimits.ProgressTimeout"/> between bytes.</param>
    /// <param name="cancellationToken">Ends the wait from this side.</param>
    /// <exception cref="PduException">Its type or length is not acceptable; nothing was allocated for it.</exception>
    /// <exception cref="AssociationException">The peer took too long or hung up inside the PDU.</exception>
    public async ValueTask<ReceivedPdu?> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_start == _end)
            _start = _end = 0;
        while (_end - _start < HeaderBytes)
        {
            if (await FillAsync(_end == _start ? patience : Sooner(patience), HeaderBytes, cancellationToken) == 0)
                return _end == _start ? null : throw HungUp();
        }

        var type = (PduType)_buffer[_start];
        var length = CheckedLength(type, BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 2)));
        while (_end - _start < HeaderBytes + length)
        {
            if (await FillAsync(Sooner(patience), HeaderBytes + length, cancellationToken) == 0)
                throw HungUp();
        }

        var body = _buffer.AsMemory(_start + HeaderBytes, length);
        _start += HeaderBytes + length;
        return new ReceivedPdu(type, body);
    }

    /// <summary>Reads and forgets until the peer hangs up or the time is over: what follows our last word (Sta13).</summary>
    public async ValueTask DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var deadline = _timer.Start(patience, cancellationToken);
        while (await _stream.ReadAsync(_buffer, deadline) > 0)
        {
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private int CheckedLength(PduType type, uint length)
    {
        if (type is < PduType.AAssociateRq or > PduType.AAbort)
            throw new PduException(AbortReason.UnrecognizedPdu, $"0x{(byte)type:X2} is not the type of a PDU.");
        if (length > _limits.MaxPduLength)
            throw new PduException(AbortReason.InvalidParameterValue, $"A PDU of {length} bytes is longer than the {_limits.MaxPduLength} announced.");
        return (int)length;
    }

    // One read into whatever room there is. The room is made before: behind the bytes if it suffices, else by moving them to the front,
    // else by doubling.
    private async ValueTask<int> FillAsync(TimeSpan patience, int needed, CancellationToken cancellationToken)
    {
        if (_end == _buffer.Length || _start + needed > _buffer.Length)
            MakeRoom(needed);
        try
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), _timer.Start(patience, cancellationToken));
            _timer.Stop();
            _end += read;
            return read;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AssociationException(AssociationFault.Timeout, $"The peer sent nothing for {patience.TotalSeconds:0} s.", e);
        }
    }

    private void MakeRoom(int needed)
    {
        var held = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
            _start = 0;
            _end = held;
        }

        if (held < _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(needed, _buffer.Length * 2));
        _buffer.AsSpan(0, held).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private TimeSpan Sooner(TimeSpan patience) => patience < _limits.ProgressTimeout ? patience : _limits.ProgressTimeout;

    private static AssociationException HungUp() => new(AssociationFault.Peer, "The peer hung up inside a PDU.");
}
