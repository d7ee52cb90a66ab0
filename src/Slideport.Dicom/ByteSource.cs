using Microsoft.Win32.SafeHandles;

namespace Slideport.Dicom;

/// <summary>
/// Bytes at positions: a file of this machine, memory, or what another machine reads for us. Reading moves no shared position, so it is
/// safe for concurrent use.
/// </summary>
public abstract class ByteSource : IDisposable
{
    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// The open file, for whoever hands its bytes to the kernel; null where it is no file of this machine. Stays this object's.
    /// </summary>
    public virtual SafeFileHandle? Handle => null;

    /// <summary>Whether each read is a journey, to another machine for one: what need not be read is then taken from where it is said.</summary>
    public virtual bool IsFar => false;

    /// <summary>Opens a file of this machine.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Hints for the kernel.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ByteSource Open(string path, FileOptions options = FileOptions.None) =>
        // Sharing everything: .NET otherwise takes an advisory lock, in which a writer elsewhere would get stuck.
        new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, options));

    /// <summary>An open file, which is closed with the source.</summary>
    public static ByteSource Of(SafeFileHandle file) => new OpenFile(file);

    /// <summary>Bytes in memory.</summary>
    public static ByteSource Of(ReadOnlyMemory<byte> bytes) => new Memory(bytes);

    /// <summary>Reads from a position on.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">Position of the first byte.</param>
    /// <returns>Number of bytes: fewer than the buffer holds only where the source ends.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public abstract int Read(Span<byte> buffer, long offset);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what is behind it.</summary>
    /// <param name="isDisposing">Always true: no source has a finalizer.</param>
    protected abstract void Dispose(bool isDisposing);

    private sealed class OpenFile(SafeFileHandle file) : ByteSource
    {
        public override long Length => RandomAccess.GetLength(file);

        public override SafeFileHandle Handle => file;

        public override int Read(Span<byte> buffer, long offset)
        {
            var count = 0;
            while (count < buffer.Length && RandomAccess.Read(file, buffer[count..], offset + count) is var more and not 0) count += more;
            return count;
        }

        protected override void Dispose(bool isDisposing) => file.Dispose();
    }

    private sealed class Memory(ReadOnlyMemory<byte> bytes) : ByteSource
    {
        public override long Length => bytes.Length;

        public override int Read(Span<byte> buffer, long offset)
        {
            if (offset >= bytes.Length) return 0;
            var part = bytes.Span[(int)offset..];
            part = part[..Math.Min(part.Length, buffer.Length)];
            part.CopyTo(buffer);
            return part.Length;
        }

        protected override void Dispose(bool isDisposing)
        {
            // Memory is the caller's.
        }
    }
}
