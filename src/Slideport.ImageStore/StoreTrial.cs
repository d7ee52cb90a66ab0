namespace Slideport.ImageStore;

/// <summary>What came of trying a store: all that a delivery does, with a hidden file that is gone afterwards.</summary>
/// <param name="Bytes">How much was written.</param>
/// <param name="Writing">How long it took until it was on the store's stable storage, as far as the store says so.</param>
/// <param name="Reading">How long it took to read it back.</param>
/// <param name="Way">How the store is reached, a sentence: dialect and protection of a share, the file system of a folder.</param>
public sealed record StoreTrial(long Bytes, TimeSpan Writing, TimeSpan Reading, string Way)
{
    /// <summary>Enough to know whether it can be written, in bytes.</summary>
    public const long Small = 4096;
}
