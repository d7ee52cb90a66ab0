namespace Slideport.Dsr.Viewing;

/// <summary>How much of this machine looking at slides may take.</summary>
internal sealed record ViewerOptions
{
    /// <summary>Slides that are kept open: some megabytes each.</summary>
    public int OpenSlides { get; init; } = 64;

    /// <summary>Processes that decode what browsers cannot, at once.</summary>
    public int PixelProcesses { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>Bytes of pictures that had to be made and are kept.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Requests that read from stores at the same time.</summary>
    public int Readers { get; init; } = 16;

    /// <summary>What is wrong with it, a sentence each.</summary>
    public IEnumerable<string> Validate()
    {
        if (OpenSlides is < 1 or > 10_000)
            yield return $"{nameof(OpenSlides)} is {OpenSlides}: between 1 and 10000 slides can be kept open.";
        if (PixelProcesses is < 1 or > 256)
            yield return $"{nameof(PixelProcesses)} is {PixelProcesses}: between 1 and 256 processes can decode.";
        if (CacheBytes < 0)
            yield return $"{nameof(CacheBytes)} is {CacheBytes}: it cannot be negative.";
        if (Readers is < 1 or > 1024)
            yield return $"{nameof(Readers)} is {Readers}: between 1 and 1024 requests can read at once.";
    }
}
