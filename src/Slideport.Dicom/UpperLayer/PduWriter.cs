using System.Buffers;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// Writes PDUs to a connection. P-DATA is written from one buffer that leaves room for the headers in front of the value, so that a PDU
/// goes out in one write without a copy. Single owner, not thread-safe.
/// </summary>
internal sealed class PduWriter : IDisposable
{
    /// <summary>Room in front of a value for the headers of PDU and value.</summary>
    public const int HeaderBytes = PduReader.HeaderBytes + PDataTf.ValueHeaderBytes;

    private readonly Stream _stream;
    private readonly AssociationLimits _limits;
    private readonly ProgressTimer _timer;
    private byte[] _buffer = [];
    private int _valueBytes;

    public PduWriter(Stream stream, AssociationLimits limits, TimeProvider time)
    {
        _stream = stream;
        _limits = limits;
        _timer = new ProgressTimer(time);
    }

    /// <summary>Sets what the peer can take; before it no P-DATA may be written.</summary>
    /// <param name="peerMaxPduLength">As the peer announced it; 0 is no limit.</param>
    public void Open(uint peerMaxPduLength)
    {
        var largest = peerMaxPduLength == 0 ? (uint)_limits.MaxPduLength : Math.Min(peerMaxPduLength, (uint)_limits.MaxPduLength);
        // Fragments shall be even (PS3.8 9.3.5.1), and some peers abort on odd ones.
        _valueBytes = ((int)largest - PDataTf.ValueHeaderBytes) & ~1;
        _buffer = ArrayPool<byte>.Shared.Rent(HeaderBytes + _valueBytes);
    }

    /// <summary>Where the caller puts the next value; at most this many bytes, and an even number unless it is the last.</summary>
    public Memory<byte> Value => _buffer.AsMemory(HeaderBytes, _valueBytes);

    /// <summary>Sends the first <paramref name="length"/> bytes of <see cref="Value"/> as one P-DATA-TF.</summary>
    public ValueTask WriteValueAsync(byte contextId, bool isCommand, bool isLast, int length, CancellationToken cancellationToken)
    {
        PDataTf.WriteHeaders(_buffer, contextId, isCommand, isLast, length);
        return WriteAsync(_buffer.AsMemory(0, HeaderBytes + length), cancellationToken);
    }

    /// <summary>Sends a whole PDU.</summary>
    /// <exception cref="AssociationException">The peer does not read, or has gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> pdu, CancellationToken cancellationToken)
    {
        try
        {
            var deadline = _timer.Start(_limits.ProgressTimeout, cancellationToken);
            await _stream.WriteAsync(pdu, deadline);
            await _stream.FlushAsync(deadline);
            _timer.Stop();
        }
        catch (IOException e)
        {
            throw new AssociationException(AssociationFault.Peer, $"The connection broke: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AssociationException(AssociationFault.Timeout, $"The peer read nothing for {_limits.ProgressTimeout.TotalSeconds:0} s.", e);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
