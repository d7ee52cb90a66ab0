using System.Buffers.Binary;
using Slideport.Dicom;

namespace Slideport.Slides;

/// <summary>An ICC profile left in its file: a GT 450's has 13 MB.</summary>
/// <param name="Source">The file it lies in; stays its owner's.</param>
/// <param name="Range">Where it lies; a padding byte may be included.</param>
public sealed record ColorProfile(ByteSource Source, FileRange Range)
{
    /// <summary>Every profile has at least its header (ICC.1, 7.2).</summary>
    internal const int IccHeaderBytes = 128;

    /// <summary>
    /// Length without padding: as the profile states it in its first four bytes (ICC.1, 7.2.2), unless that is impossible.
    /// </summary>
    public long Length
    {
        get
        {
            Span<byte> size = stackalloc byte[4];
            if (Source.Read(size, Range.Offset) != size.Length) return Range.Length;
            var stated = BinaryPrimitives.ReadUInt32BigEndian(size);
            return stated >= IccHeaderBytes && stated < Range.Length ? stated : Range.Length;
        }
    }
}
