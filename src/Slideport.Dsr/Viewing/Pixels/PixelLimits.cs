namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>What a picture may cost. Both ends keep to it: neither trusts the other's bytes.</summary>
internal static class PixelLimits
{
    /// <summary>Longest side of a picture that is made.</summary>
    internal const int MaxSide = 4096;

    /// <summary>Pixels of the tiles it is made of, after they were shrunk: 48 MB as RGB.</summary>
    internal const int MaxPixels = 16 << 20;

    /// <summary>Tiles it is made of.</summary>
    internal const int MaxTiles = 4096;

    /// <summary>Coded bytes of all of them together.</summary>
    internal const int MaxCodedBytes = 96 << 20;

    /// <summary>Bytes of an ICC profile: a GT 450's has 13 MB.</summary>
    internal const int MaxProfileBytes = 64 << 20;

    /// <summary>Bytes of a request without them, and of an answer without its picture.</summary>
    internal const int MaxMessageBytes = 1 << 20;

    /// <summary>Bytes of a picture: a PNG of the largest size that does not compress.</summary>
    internal const int MaxPictureBytes = 64 << 20;

    /// <summary>What the process that makes pictures may take: the runtime, the coded bytes, the pixels twice, libvips.</summary>
    internal const long MaxMemoryBytes = 1L << 30;

    /// <summary>The same for the part of it that the runtime manages.</summary>
    internal const long MaxManagedBytes = 512L << 20;

    /// <summary>The largest picture needs two seconds on a slow machine; who needs ten times that never ends.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
}
