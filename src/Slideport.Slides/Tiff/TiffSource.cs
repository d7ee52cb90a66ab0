using Microsoft.Win32.SafeHandles;

namespace Slideport.Slides.Tiff;

/// <summary>Bytes at positions: a file, read without moving any shared position, or memory.</summary>
internal abstract class TiffSource
{
    public abstract long Length { get; }

    /// <summary>
    /// Fills <paramref name="destination"/> from <paramref name="offset"/>; the caller has checked that the range lies inside.
    /// </summary>
    /// <exception cref="TiffFormatException">The file has become shorter meanwhile.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    public static TiffSource Of(SafeFileHandle file) => new FileSource(file);

    public static TiffSource Of(ReadOnlyMemory<byte> bytes) => new MemorySource(bytes);

    private sealed class FileSource(SafeFileHandle file) : TiffSource
    {
        public override long Length { get; } = RandomAccess.GetLength(file);

        public override void Read(long offset, Span<byte> destination)
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(file, destination, offset);
                if (read == 0) throw new TiffFormatException("The file ends early", offset);
                destination = destination[read..];
                offset += read;
            }
        }
    }

    private sealed class MemorySource(ReadOnlyMemory<byte> bytes) : TiffSource
    {
        public override long Length => bytes.Length;

        public override void Read(long offset, Span<byte> destination) =>
            bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }
}
