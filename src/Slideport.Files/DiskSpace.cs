namespace Slideport.Files;

/// <summary>Room on a file system.</summary>
/// <param name="FreeBytes">What ordinary users can still write, in bytes.</param>
/// <param name="TotalBytes">What it holds in all, in bytes.</param>
public readonly record struct DiskSpace(long FreeBytes, long TotalBytes)
{
    /// <summary>How full it is, 0–1; what is kept back for the system counts as taken.</summary>
    public double Used => TotalBytes <= 0 ? 0 : 1 - ((double)FreeBytes / TotalBytes);
}
