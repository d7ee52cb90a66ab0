using Microsoft.Win32.SafeHandles;
using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.Files;

namespace Slideport.Converter.Receiving;

/// <summary>An instance that is still on its way into the spool, for whoever begins with what is there of it. Nothing of it counts before it is stored.</summary>
/// <param name="path">Its part file.</param>
internal sealed class ArrivingInstance(string path)
{
    private long _bytes;

    /// <summary>Bytes of the file that are there.</summary>
    internal long Bytes
    {
        get => Volatile.Read(ref _bytes);
        set => Volatile.Write(ref _bytes, value);
    }

    /// <summary>The receipt it is to be stored under; null until it is whole.</summary>
    internal Receipt? Receipt { get; set; }

    /// <summary>Its file, as long as it is now.</summary>
    /// <exception cref="IOException">It has been stored, or is gone.</exception>
    internal ByteSource Open() => new Growing(this, DurableFile.OpenRead(path));

    // What lies behind is room that was reserved for it.
    private sealed class Growing(ArrivingInstance instance, SafeFileHandle file) : ByteSource
    {
        public override long Length => instance.Bytes;

        public override SafeFileHandle Handle => file;

        public override int Read(Span<byte> buffer, long offset)
        {
            var there = (int)Math.Clamp(Length - offset, 0, buffer.Length);
            var count = 0;
            while (count < there && RandomAccess.Read(file, buffer[count..there], offset + count) is var more and not 0)
                count += more;
            return count;
        }

        protected override void Dispose(bool isDisposing) => file.Dispose();
    }
}
