namespace Slideport.Sam.Time;

/// <summary>What an address gets for a question.</summary>
internal enum Allowance
{
    /// <summary>An answer.</summary>
    Answer,

    /// <summary>A kiss-o'-death that asks it to be less eager.</summary>
    Kiss,

    /// <summary>Nothing.</summary>
    Silence,
}

/// <summary>
/// How often one address is answered: a bucket of tokens each. Who has used his up is told so once a minute and then not answered until
/// there are tokens again: with a forged sender SAM neither floods nor bothers anybody.
/// </summary>
/// <remarks>Single-owner: one thread. As many addresses are remembered as the table has places; the one of a row that was silent longest makes room.</remarks>
/// <param name="perSecond">Tokens that come back each second.</param>
/// <param name="time">Clock; only spans of it are used.</param>
internal sealed class RequestLimiter(double perSecond, TimeProvider time)
{
    internal const int Rows = 1024; // a power of two
    internal const int PlacesInARow = 8;

    /// <summary>A full bucket holds what comes back in so many seconds: an NTP client asks four to eight times in quick succession when it starts.</summary>
    internal const int BurstSeconds = 8;

    internal static readonly TimeSpan KissInterval = TimeSpan.FromMinutes(1);

    private readonly Place[] _places = new Place[Rows * PlacesInARow];
    private readonly double _full = Math.Max(1, perSecond * BurstSeconds);

    private struct Place
    {
        public UInt128 Address;
        public bool IsTaken;
        public bool IsKissed;
        public long HeardAt;
        public long KissedAt;
        public double Tokens;
    }

    /// <summary>Counts a question of an address.</summary>
    /// <param name="address">IPv6, or IPv4 mapped into it.</param>
    internal Allowance Take(UInt128 address)
    {
        var now = time.GetTimestamp();
        ref var place = ref Find(address);
        if (!place.IsTaken || place.Address != address)
            place = new Place { Address = address, IsTaken = true, Tokens = _full };
        else
            place.Tokens = Math.Min(_full, place.Tokens + (time.GetElapsedTime(place.HeardAt, now).TotalSeconds * perSecond));
        place.HeardAt = now;
        if (place.Tokens >= 1)
        {
            place.Tokens--;
            return Allowance.Answer;
        }

        if (place.IsKissed && time.GetElapsedTime(place.KissedAt, now) < KissInterval)
            return Allowance.Silence;
        (place.IsKissed, place.KissedAt) = (true, now);
        return Allowance.Kiss;
    }

    // Its place, else a free one of its row, else that of who was silent longest. The hash has a seed of its own in each process: nobody can
    // choose addresses that all fall into one row.
    private ref Place Find(UInt128 address)
    {
        var row = _places.AsSpan((address.GetHashCode() & (Rows - 1)) * PlacesInARow, PlacesInARow);
        var oldest = 0;
        for (var i = 0; i < row.Length; i++)
        {
            if (!row[i].IsTaken || row[i].Address == address)
                return ref row[i];
            if (row[i].HeardAt < row[oldest].HeardAt)
                oldest = i;
        }

        return ref row[oldest];
    }
}
