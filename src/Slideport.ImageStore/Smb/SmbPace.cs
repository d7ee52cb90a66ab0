namespace Slideport.ImageStore.Smb;

/// <summary>
/// How much is asked of a connection at once: as much as it moves in about a second. A wire that is fast is asked for whole pieces soon; of one that
/// is slow something is heard long before it is taken to be dead, though it be shared by several connections. Single-owner.
/// </summary>
internal sealed class SmbPace
{
    /// <summary>Least that is asked for: a second's worth of 1 Mbit/s.</summary>
    internal const int LeastBytes = 128 << 10;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2);

    /// <summary>What to ask for next.</summary>
    internal int Bytes { get; private set; } = 2 * LeastBytes;

    /// <summary>What was asked for has come, or gone.</summary>
    /// <param name="bytes">So much.</param>
    /// <param name="took">How long it took.</param>
    internal void Moved(int bytes, TimeSpan took)
    {
        if (took > Long)
            Bytes = Math.Max(Bytes / 2, LeastBytes);
        else if (took < Short && bytes >= Bytes)
            Bytes = Math.Min(Bytes * 2, SmbShare.PieceBytes);
    }
}
