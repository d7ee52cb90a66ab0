namespace Slideport.Dicom.Part10;

/// <summary>Bytes as a stream for reading, by position and without a buffer; closing it leaves the source open.</summary>
internal sealed class PositionalStream(ByteSource source, long position) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = source.Length;

    public override long Position { get; set; } = position;

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer, Position);
        Position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
