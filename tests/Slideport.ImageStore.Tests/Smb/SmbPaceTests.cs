using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>How much is asked of a connection at once.</summary>
public sealed class SmbPaceTests
{
    [Fact]
    public void A_fast_wire_is_asked_for_whole_pieces_soon_and_a_slow_one_for_what_it_moves_in_seconds()
    {
        var fast = Settled(new SmbPace(), bytesPerSecond: 1e9, moves: 5);
        var slow = Settled(new SmbPace(), bytesPerSecond: 125_000 / 2, moves: 5); // two connections share 1 Mbit/s

        Assert.Equal((SmbShare.PieceBytes, SmbPace.LeastBytes), (fast.Bytes, slow.Bytes));
        Assert.Equal(SmbPace.LeastBytes, Settled(fast, bytesPerSecond: 100_000, moves: 5).Bytes); // one that became slow
        Assert.Equal(SmbShare.PieceBytes, Settled(slow, bytesPerSecond: 1e9, moves: 5).Bytes);
    }

    [Fact]
    public void What_was_less_than_asked_for_shows_nothing_of_the_wire()
    {
        var pace = new SmbPace();
        var before = pace.Bytes;

        pace.Moved(100, TimeSpan.FromMilliseconds(1)); // a file's end

        Assert.Equal(before, pace.Bytes);
    }

    private static SmbPace Settled(SmbPace pace, double bytesPerSecond, int moves)
    {
        for (; moves > 0; moves--)
            pace.Moved(pace.Bytes, TimeSpan.FromSeconds(pace.Bytes / bytesPerSecond));
        return pace;
    }
}
