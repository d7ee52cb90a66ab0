using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Users;

namespace Slideport.Sam.Pins;

/// <summary>What a PIN entered on a console is worth.</summary>
/// <param name="User">Whose it is; null: it lets nobody in.</param>
/// <param name="RetryAfter">How long no PIN is looked at on this scanner; null: the PIN was looked at.</param>
internal sealed record PinVerdict(User? User, TimeSpan? RetryAfter = null);

/// <summary>
/// Lets people in at the scanners' consoles, and guessers not: at most five wrong PINs in a quarter of an hour on each scanner, counted in the
/// database for all nodes. A right one does not begin the count anew: whoever has a PIN may guess no more than others.
/// </summary>
internal sealed class PinCheck(SamDatabases databases, SamWriter writer, PinHashes hashes, TimeProvider time)
{
    /// <summary>Wrong PINs a scanner may send in a <see cref="Window"/>.</summary>
    internal const int MaxFailures = 5;

    /// <summary>How long a wrong PIN counts.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>When to try again after a PIN that came while another was being looked at.</summary>
    internal static readonly TimeSpan OneAfterTheOther = TimeSpan.FromSeconds(1);

    // A console has one keypad: whoever sends two PINs at once waits in no queue.
    private readonly ConcurrentDictionary<Guid, bool> _entering = new();

    /// <summary>Looks at a PIN, if the scanner may still try, and notes it in the audit trail.</summary>
    /// <param name="scannerId">Where it was entered.</param>
    /// <param name="serialNumber">The scanner's serial number.</param>
    /// <param name="pin">What was entered.</param>
    /// <param name="source">The scanner's address.</param>
    /// <param name="cancellationToken">Gives up before the PIN is looked at; from then on the try counts.</param>
    internal async Task<PinVerdict> EnterAsync(Guid scannerId, string serialNumber, string pin, string source, CancellationToken cancellationToken)
    {
        if (!_entering.TryAdd(scannerId, true))
            return new PinVerdict(null, OneAfterTheOther);
        try
        {
            await using (var database = databases.CreateDbContext())
            {
                if (await PauseAsync(database, scannerId, time.GetUtcNow(), cancellationToken) is { } pause)
                    return new PinVerdict(null, pause);
            }

            // Before anybody's PIN is looked at, so that every answer has cost the same.
            var hash = await hashes.OfAsync(scannerId, pin, cancellationToken);
            return await writer.WriteAsync(writing => LookAsync(writing, scannerId, hash, new Actor(Holders.Scanner(serialNumber), source)), CancellationToken.None);
        }
        finally
        {
            _entering.TryRemove(scannerId, out _);
        }
    }

    private static async Task<PinVerdict> LookAsync(Writing writing, Guid scannerId, string hash, Actor scanner)
    {
        // Another node may have taken the last try meanwhile.
        if (await PauseAsync(writing.Database, scannerId, writing.Now, CancellationToken.None) is { } pause)
            return new PinVerdict(null, pause);
        var pins = await (from p in writing.Database.Pins
                          join u in writing.Database.Users on p.UserId equals u.Id
                          where p.ScannerId == scannerId
                          select new { Pin = p, User = u }).AsNoTracking().ToListAsync();
        var isSupportOn = await writing.Database.SupportPeriods.AnyAsync(s => s.From <= writing.Now && s.Until > writing.Now);
        (Pin Pin, User User)? found = null;
        foreach (var one in pins)
        {
            // All of them, each in the same time.
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one.Pin.Hash), Encoding.ASCII.GetBytes(hash)))
                found = (one.Pin, one.User);
        }

        var obstacle = found is { } entered ? Obstacle(entered.Pin, entered.User, isSupportOn, writing.Now) : "nobody's PIN";
        if (obstacle is null)
        {
            writing.Audit(new Actor(UserText.Holder(found!.Value.User.Name), scanner.Source), "pin.use", scanner.Name);
            return new PinVerdict(found.Value.User);
        }

        await CountAsync(writing, scannerId, scanner, found is { } his ? $"{UserText.Holder(his.User.Name)}: {obstacle}" : obstacle);
        return new PinVerdict(null);
    }

    // Why the right PIN does not let its holder in. He is told no more than a guesser; the audit trail tells the Lab Admin.
    private static string? Obstacle(Pin pin, User user, bool isSupportOn, DateTimeOffset now)
    {
        if (pin.ExpiresAt <= now)
            return "the PIN has expired";
        if (user.LockedUntil > now)
            return "the user is locked";
        return user.Role == UserRole.Support && !isSupportOn ? "support is not switched on" : null;
    }

    private static async Task CountAsync(Writing writing, Guid scannerId, Actor scanner, string reason)
    {
        var before = writing.Now - Window;
        var failures = await writing.Database.PinFailures.Where(f => f.ScannerId == scannerId).ToListAsync();
        writing.Database.PinFailures.RemoveRange(failures.Where(f => f.At <= before));
        writing.Database.PinFailures.Add(new PinFailure { ScannerId = scannerId, At = writing.Now });
        var isLast = failures.Count(f => f.At > before) + 1 >= MaxFailures;
        writing.Audit(scanner, "pin.use", scanner.Name, after: isLast ? $"{reason}; {MaxFailures} wrong in {Window.TotalMinutes:0} minutes, none is looked at for a while" : reason, succeeded: false);
    }

    // Until the first of the last five is old enough.
    private static async Task<TimeSpan?> PauseAsync(SamDatabase database, Guid scannerId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var before = now - Window;
        var last = await database.PinFailures.Where(f => f.ScannerId == scannerId && f.At > before).OrderByDescending(f => f.At).Take(MaxFailures)
            .Select(f => f.At).ToListAsync(cancellationToken);
        return last.Count < MaxFailures ? null : last[^1] - before;
    }
}
