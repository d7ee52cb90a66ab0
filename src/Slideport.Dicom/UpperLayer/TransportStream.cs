using System.Buffers;

namespace Slideport.Dicom.UpperLayer;

/// <summary>
/// Between the socket and TLS. <see cref="System.Net.Security.SslStream"/> reads and writes a record of 16 KiB at a time; here one call of
/// the system takes all the socket has, and the records of one PDU leave together. Owned by one <see cref="System.Net.Security.SslStream"/>: at
/// most one read and one write at a time.
/// </summary>
internal sealed class TransportStream(Stream network) : Stream
{
    private const int BufferBytes = 128 << 10;

    // Whatever is shorter than the payload of a full TLS record ends a PDU, a handshake message or an alert: nothing may wait behind it.
    private const int FullRecordBytes = 16 << 10;

    private byte[] _arrived = [];
    private int _start;
    private int _end;
    private bool _isBusy;
    private byte[] _leaving = [];
    private int _gathered;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
            return new ValueTask<int>(Take(buffer.Span));
        return buffer.Length == 0 ? network.ReadAsync(buffer, cancellationToken) : ReadNetworkAsync(buffer, cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_gathered + buffer.Length > BufferBytes)
            await SendAsync(cancellationToken);
        var isFullRecord = buffer.Length >= FullRecordBytes;
        if (buffer.Length > BufferBytes || (_gathered == 0 && !isFullRecord))
        {
            await network.WriteAsync(buffer, cancellationToken);
            return;
        }

        if (_leaving.Length == 0)
            _leaving = ArrayPool<byte>.Shared.Rent(BufferBytes);
        buffer.CopyTo(_leaving.AsMemory(_gathered));
        _gathered += buffer.Length;
        if (!isFullRecord)
            await SendAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => SendAsync(cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => _start < _end ? Take(buffer) : network.Read(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Flush();
        network.Write(buffer, offset, count);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        network.Write(_leaving, 0, _gathered);
        _gathered = 0;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            network.Dispose();
            Return();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadNetworkAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_arrived.Length == 0)
            _arrived = ArrayPool<byte>.Shared.Rent(BufferBytes);
        _isBusy = true;
        _start = _end = 0; // a read broken off must not leave what was taken before to be taken again
        _end = await network.ReadAsync(_arrived.AsMemory(0, BufferBytes), cancellationToken);
        _isBusy = false;
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _arrived.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (_gathered == 0)
            return;
        await network.WriteAsync(_leaving.AsMemory(0, _gathered), cancellationToken);
        _gathered = 0;
    }

    // A buffer that a read broken off may still write into is left to the garbage collector.
    private void Return()
    {
        if (_arrived.Length > 0 && !_isBusy)
            ArrayPool<byte>.Shared.Return(_arrived);
        if (_leaving.Length > 0 && _gathered == 0)
            ArrayPool<byte>.Shared.Return(_leaving);
        (_arrived, _leaving) = ([], []);
        _start = _end = _gathered = 0;
    }
}
