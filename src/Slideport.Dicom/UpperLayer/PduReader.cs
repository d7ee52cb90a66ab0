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
    /// <param name="patience">
    /// How long to wait for it. Once its first byte is there, the rest has <see cref="AssociationLimits.ProgressTimeout"/>, or what is left of
    /// a patience shorter than that: whoever sends a byte now and then gains nothing by it.
    /// </param>
    /// <param name="cancellationToken">Ends the wait from this side.</param>
    /// <exception cref="PduException">Its type or length is not acceptable; nothing was allocated for it.</exception>
    /// <exception cref="AssociationException">The peer took too long or hung up inside the PDU.</exception>
    public ValueTask<ReceivedPdu?> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_start == _end)
            _start = _end = 0;
        return TryTake(out var pdu) ? new ValueTask<ReceivedPdu?>(pdu) : ReadSlowAsync(patience, cancellationToken);
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

    private async ValueTask<ReceivedPdu?> ReadSlowAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var waitsForFirstByte = _end == _start && patience > _limits.ProgressTimeout;
        var granted = waitsForFirstByte || patience < _limits.ProgressTimeout ? patience : _limits.ProgressTimeout;
        try
        {
            var deadline = _timer.Start(granted, cancellationToken);
            while (true)
            {
                if (await FillAsync(deadline) == 0)
                    return _end == _start ? null : throw new AssociationException(AssociationFault.Peer, "The peer hung up inside a PDU.");
                if (TryTake(out var pdu))
                    return pdu;
                if (waitsForFirstByte)
                    deadline = _timer.Start(granted = _limits.ProgressTimeout, cancellationToken);
                waitsForFirstByte = false;
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AssociationException(
                AssociationFault.Timeout, $"The peer sent {(_end == _start ? "nothing" : "no whole PDU")} for {granted.TotalSeconds:0} s.", e);
        }
        finally
        {
            _timer.Stop();
        }
    }

    private bool TryTake(out ReceivedPdu pdu)
    {
        pdu = default;
        if (_end - _start < HeaderBytes)
            return false;
        var type = (PduType)_buffer[_start];
        var length = CheckedLength(type, BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 2)));
        if (_end - _start < HeaderBytes + length)
            return false;
        pdu = new ReceivedPdu(type, _buffer.AsMemory(_start + HeaderBytes, length));
        _start += HeaderBytes + length;
        return true;
    }

    private int CheckedLength(PduType type, uint length)
    {
        if (type is < PduType.AAssociateRq or > PduType.AAbort)
            throw new PduException(AbortReason.UnrecognizedPdu, $"0x{(byte)type:X2} is not the type of a PDU.");
        var limit = type is PduType.AAssociateRq or PduType.AAssociateAc ? _limits.MaxAssociateBytes : _limits.MaxPduLength;
        if (length > limit)
            throw new PduException(AbortReason.InvalidParameterValue, $"A PDU of {length} bytes is longer than the {limit} allowed.");
        return (int)length;
    }

    // One read into whatever room there is. The room is made before: behind the bytes if it suffices, else by moving them to the front,
    // else by doubling.
    private async ValueTask<int> FillAsync(CancellationToken deadline)
    {
        var needed = _end - _start < HeaderBytes ? HeaderBytes : HeaderBytes + (int)BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start + 2));
        if (_end == _buffer.Length || _start + needed > _buffer.Length)
            MakeRoom(needed);
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), deadline);
        _end += read;
        return read;
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
}
