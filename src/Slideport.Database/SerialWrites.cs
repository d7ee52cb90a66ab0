using Microsoft.EntityFrameworkCore;

namespace Slideport.Database;

/// <summary>
/// All writing of one process to its database: one transaction at a time, durable when it returns. SQLite has one writer anyway; on a server another
/// process that was faster makes us begin again, so that nothing is decided on what has changed meanwhile, where both write one row or take one number.
/// </summary>
/// <param name="databases">The database.</param>
/// <param name="time">Clock.</param>
public sealed class SerialWrites<TContext>(Databases<TContext> databases, TimeProvider time) : IDisposable
    where TContext : DbContext
{
    private const int MaxAttempts = 20;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Told of each piece of writing how long it took, waiting for its turn included, and whether it was done.</summary>
    public event Action<TimeSpan, bool>? Wrote;

    /// <summary>Does a piece of writing, all or nothing.</summary>
    /// <param name="work">Changes entities, now; may be called again from the start. Saving is not its business.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    public async Task<T> WriteAsync<T>(Func<TContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken)
    {
        var (asked, isDone) = (time.GetTimestamp(), false);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    var result = await TryAsync(work, cancellationToken);
                    isDone = true;
                    return result;
                }
                catch (DbUpdateException e) when (
                    attempt < MaxAttempts && databases.Options.Provider != DatabaseProvider.Sqlite && DatabaseFailures.Of(e) is not (DatabaseFailure.Full or DatabaseFailure.Failing or DatabaseFailure.Damaged) && !DatabaseFailures.IsOfData(e))
                {
                    // Another process took the same number or changed the same row: its outcome is now what we start from. Whoever loses
                    // waits for a moment nobody can foresee, longer each time, or the same one would lose again.
                    await Task.Delay(LongestPause * (Random.Shared.NextDouble() * attempt / MaxAttempts), cancellationToken);
                }
            }
        }
        finally
        {
            _gate.Release();
            Wrote?.Invoke(time.GetElapsedTime(asked), isDone);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<T> TryAsync<T>(Func<TContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        var result = await work(database, Truncated(time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    // As the database keeps it (InstantConverter), so that hashes are computed over what will be read.
    private static DateTimeOffset Truncated(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
