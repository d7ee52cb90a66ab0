using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Users;

namespace Slideport.Sam.Pins;

/// <summary>What became of a change to PINs.</summary>
internal enum PinOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>There is no such scanner in service.</summary>
    UnknownScanner,

    /// <summary>There is no such user.</summary>
    UnknownUser,

    /// <summary>There is no PIN to remove.</summary>
    UnknownPin,

    /// <summary>Somebody else has this PIN there.</summary>
    Taken,

    /// <summary>A field cannot be used.</summary>
    Invalid,
}

/// <summary>What became of a change, with the fields that cannot be used, or the scanners where the PIN is taken.</summary>
internal sealed record PinAnswer(PinOutcome Outcome, IReadOnlyList<FieldError> Errors, IReadOnlyList<string> TakenOn)
{
    internal static PinAnswer Of(PinOutcome outcome) => new(outcome, [], []);

    internal static PinAnswer Invalid(IReadOnlyList<FieldError> errors) => new(PinOutcome.Invalid, errors, []);
}

/// <summary>A PIN to be set.</summary>
/// <param name="Pin">The PIN.</param>
/// <param name="ExpiresAt">When it ends; null: it does not end by itself.</param>
internal sealed record NewPin(string Pin, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>The name alone.</summary>
    public override string ToString() => nameof(NewPin);
}

/// <summary>That a user has a PIN on a scanner, as the list shows it. The PIN itself nobody can know.</summary>
/// <param name="SerialNumber">Of the scanner.</param>
/// <param name="UserId">Who has it.</param>
/// <param name="UserName">Login name.</param>
/// <param name="FullName">Full name.</param>
/// <param name="Role">What the user is.</param>
/// <param name="SetAt">When it was set.</param>
/// <param name="ExpiresAt">When it ends; null: it does not end by itself.</param>
/// <param name="IsUsable">False when it was made with a pepper this SAM does not have, and has to be set anew.</param>
internal sealed record PinSummary(
    string SerialNumber, Guid UserId, string UserName, string FullName, UserRole Role, DateTimeOffset SetAt, DateTimeOffset? ExpiresAt, bool IsUsable);

/// <summary>Who has a PIN on which scanner, as Lab Admins administer it. Every change is in the audit trail, or was not made; no PIN ever is.</summary>
internal sealed class PinDirectory(SamDatabases databases, SamWriter writer, PinHashes hashes, UserOptions options, TimeProvider time)
{
    // No database takes any number of values in one question.
    private const int MostAtOnce = 500;

    /// <summary>All PINs on scanners in service, by scanner and user.</summary>
    /// <param name="serialNumber">Of one scanner; null: of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when there is no such scanner in service.</returns>
    internal async Task<IReadOnlyList<PinSummary>?> ListAsync(string? serialNumber, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        if (serialNumber is not null && !await InService(database, serialNumber).AnyAsync(cancellationToken))
            return null;
        var rows = await (from scanner in InService(database, serialNumber)
                          join pin in database.Pins on scanner.Id equals pin.ScannerId
                          join user in database.Users on pin.UserId equals user.Id
                          orderby scanner.SerialNumber, user.NormalizedName
                          select new { scanner.SerialNumber, Pin = pin, User = user }).AsNoTracking().ToListAsync(cancellationToken);
        return [.. rows.Select(r => new PinSummary(r.SerialNumber, r.User.Id, r.User.Name, r.User.FullName, r.User.Role, r.Pin.SetAt, r.Pin.ExpiresAt, hashes.IsOurs(r.Pin.Hash)))];
    }

    /// <summary>Sets a user's PIN, in place of the one he had: everywhere that is meant, or nowhere.</summary>
    /// <param name="serialNumber">On which scanner; null: on all in service.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="pin">The PIN.</param>
    /// <param name="actor">Who sets it.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal async Task<PinAnswer> SetAsync(string? serialNumber, Guid userId, NewPin pin, Actor actor, CancellationToken cancellationToken)
    {
        var errors = PinRules.Check(options.PinDigits, pin.Pin);
        if (pin.ExpiresAt <= time.GetUtcNow())
            errors = [.. errors, new FieldError("expiresAt", "This time is over; write a later one, or none.")];
        if (errors.Count > 0)
            return PinAnswer.Invalid(errors);
        List<Scanner> scanners;
        await using (var database = databases.CreateDbContext())
            scanners = await InService(database, serialNumber).AsNoTracking().OrderBy(s => s.SerialNumber).ToListAsync(cancellationToken);
        if (scanners.Count == 0)
            return PinAnswer.Of(PinOutcome.UnknownScanner);
        var made = new List<(Scanner Scanner, string Hash)>();
        foreach (var scanner in scanners)
            made.Add((scanner, await hashes.OfAsync(scanner.Id, pin.Pin, cancellationToken)));
        return await writer.WriteAsync(writing => PutAsync(writing, made, userId, pin.ExpiresAt?.ToUniversalTime(), actor, cancellationToken), cancellationToken);
    }

    /// <summary>Takes a user's PIN away.</summary>
    /// <param name="serialNumber">On which scanner; null: on all in service.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="actor">Who takes it away.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    internal Task<PinAnswer> RemoveAsync(string? serialNumber, Guid userId, Actor actor, CancellationToken cancellationToken) => writer.WriteAsync(async writing =>
    {
        var found = await (from scanner in InService(writing.Database, serialNumber)
                           join pin in writing.Database.Pins on scanner.Id equals pin.ScannerId
                           join user in writing.Database.Users on pin.UserId equals user.Id
                           where user.Id == userId
                           orderby scanner.SerialNumber
                           select new { scanner.SerialNumber, Pin = pin, user.Name }).ToListAsync(cancellationToken);
        foreach (var one in found)
        {
            writing.Database.Pins.Remove(one.Pin);
            writing.Audit(actor, "pin.remove", UserText.Holder(one.Name), before: InWords(one.SerialNumber, one.Pin.ExpiresAt));
        }

        return PinAnswer.Of(found.Count == 0 ? PinOutcome.UnknownPin : PinOutcome.Done);
    }, cancellationToken);

    private static async Task<PinAnswer> PutAsync(
        Writing writing, List<(Scanner Scanner, string Hash)> made, Guid userId, DateTimeOffset? expiresAt, Actor actor, CancellationToken cancellationToken)
    {
        if (await writing.Database.Users.SingleOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
            return PinAnswer.Of(PinOutcome.UnknownUser);
        if (await TakenAsync(writing.Database, made, userId, cancellationToken) is { Count: > 0 } taken)
            return new PinAnswer(PinOutcome.Taken, [], taken);
        var own = await writing.Database.Pins.Where(p => p.UserId == userId).ToDictionaryAsync(p => p.ScannerId, cancellationToken);
        foreach (var (scanner, hash) in made)
        {
            var before = own.GetValueOrDefault(scanner.Id);
            writing.Audit(actor, "pin.set", UserText.Holder(user.Name), before is null ? null : InWords(scanner.SerialNumber, before.ExpiresAt), InWords(scanner.SerialNumber, expiresAt));
            if (before is null)
                writing.Database.Pins.Add(new Pin { Id = Guid.CreateVersion7(writing.Now), ScannerId = scanner.Id, UserId = userId, Hash = hash, SetAt = writing.Now, ExpiresAt = expiresAt });
            else
                (before.Hash, before.SetAt, before.ExpiresAt) = (hash, writing.Now, expiresAt);
        }

        return PinAnswer.Of(PinOutcome.Done);
    }

    // Where somebody else has the PIN.
    private static async Task<List<string>> TakenAsync(SamDatabase database, List<(Scanner Scanner, string Hash)> made, Guid userId, CancellationToken cancellationToken)
    {
        var taken = new List<string>();
        foreach (var chunk in made.Chunk(MostAtOnce))
        {
            var hashes = chunk.Select(m => m.Hash).ToArray();
            var present = await database.Pins.Where(p => hashes.Contains(p.Hash) && p.UserId != userId).Select(p => p.Hash).ToListAsync(cancellationToken);
            taken.AddRange(chunk.Where(m => present.Contains(m.Hash)).Select(m => m.Scanner.SerialNumber));
        }

        return taken;
    }

    private static IQueryable<Scanner> InService(SamDatabase database, string? serialNumber) =>
        database.Scanners.Where(s => s.RetiredAt == null && (serialNumber == null || s.SerialNumber == serialNumber));

    private static string InWords(string serialNumber, DateTimeOffset? expiresAt) =>
        expiresAt is { } end ? $"scanner:{serialNumber}, until {end:O}" : $"scanner:{serialNumber}";
}
