namespace Slideport.Dsr.Viewing;

/// <summary>How much of this machine looking at slides may take: section <c>Dsr:Viewer</c>.</summary>
public sealed record ViewerOptions
{
    /// <summary>Slides that are kept open: some megabytes each.</summary>
    public int OpenSlides { get; init; } = 64;

    /// <summary>Processes that decode what browsers cannot, at once.</summary>
    public int PixelProcesses { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>Bytes of pictures that had to be made and are kept.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Requests that read from stores at the same time.</summary>
    public int Readers { get; init; } = 16;

    /// <summary>Everything wrong with it, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (OpenSlides is < 1 or > 10_000)
            yield return $"Dsr:Viewer:OpenSlides is {OpenSlides}; it must be 1 to 10000.";
        if (PixelProcesses is < 1 or > 256)
            yield return $"Dsr:Viewer:PixelProcesses is {PixelProcesses}; it must be 1 to 256.";
        if (CacheBytes < 0)
            yield return $"Dsr:Viewer:CacheBytes is {CacheBytes}; it cannot be negative.";
        if (Readers is < 1 or > 1024)
            yield return $"Dsr:Viewer:Readers is {Readers}; it must be 1 to 1024.";
    }
}
