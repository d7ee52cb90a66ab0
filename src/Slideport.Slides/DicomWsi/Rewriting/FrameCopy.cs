using Slideport.Dicom;
using Slideport.Dicom.Part10;
using Slideport.Files;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// Copies frames from their instances' files into another: what lies there one behind the other, item headers and all, goes in one piece by
/// the kernel; short pieces through the stream's buffer, since a call for each would cost more than they do.
/// </summary>
internal sealed class FrameCopy(FramePlan plan, bool isEncapsulated, FileStream target)
{
    private const int ItemHeaderBytes = 8;
    private const long MinKernelBytes = 256 << 10;

    private byte[] _buffer = [];

    /// <summary>Writes every frame, each in one fragment where Pixel Data is encapsulated.</summary>
    /// <exception cref="SlideException">An instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        for (var frame = 0; frame < plan.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (plan.IsAbsent(frame))
            {
                WriteHeader(plan.Absent.Length);
                target.Write(plan.Absent);
                frame++;
                continue;
            }

            var (source, number) = plan.Source(frame);
            var location = source.Frames[number];
            if (!IsPlain(location))
            {
                var length = DicomTiles.ReadFrame(source, number, ref _buffer);
                WriteHeader(length);
                target.Write(_buffer, 0, length);
                if (isEncapsulated && length % 2 != 0) target.WriteByte(0);
                frame++;
                continue;
            }

            var (count, end) = Run(frame, source, number);
            CopyRange(source, new FileRange(location.Offset - Before, end - location.Offset + Before), cancellationToken);
            frame += count;
        }
    }

    private int Before => isEncapsulated ? ItemHeaderBytes : 0;

    private bool IsPlain(FrameLocation location) => location.FragmentCount == 1 && (!isEncapsulated || location.Length % 2 == 0);

    // How many frames from this one on follow each other in the source as they are to in the target, and where the last of them ends.
    private (int Count, long End) Run(int first, WsiInstance source, int number)
    {
        var end = source.Frames[number].Offset + source.Frames[number].Length;
        var count = 1;
        for (; first + count < plan.Count && !plan.IsAbsent(first + count); count++)
        {
            var (next, nextNumber) = plan.Source(first + count);
            if (!ReferenceEquals(next, source) || nextNumber != number + count) break;
            var location = source.Frames[nextNumber];
            if (!IsPlain(location) || location.Offset != end + Before) break;
            end = location.Offset + location.Length;
        }

        return (count, end);
    }

    private void CopyRange(WsiInstance source, FileRange range, CancellationToken cancellationToken)
    {
        if (range.Length < MinKernelBytes)
        {
            var length = (int)range.Length;
            if (_buffer.Length < length) _buffer = new byte[MinKernelBytes];
            DicomTiles.Fill(source, range.Offset, _buffer.AsSpan(0, length));
            target.Write(_buffer, 0, length);
            return;
        }

        target.Flush();
        var at = target.Position;
        try
        {
            KernelCopy.Copy(source.File.Handle, range.Offset, target.SafeFileHandle, at, range.Length, cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw new SlideException($"{source} ends inside a frame", e);
        }

        target.Seek(at + range.Length, SeekOrigin.Begin);
        DurableFile.StartWriteback(target.SafeFileHandle, at, range.Length);
    }

    private void WriteHeader(int length)
    {
        if (!isEncapsulated) return;
        Span<byte> header = stackalloc byte[ItemHeaderBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header, 0xE000FFFE); // Item (FFFE,E000)
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header[4..], length + length % 2);
        target.Write(header);
    }
}
