using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slideport.Database;

namespace Slideport.Http;

/// <summary>
/// While the database cannot do its part, whoever needs it is asked to come again (RFC 9110 15.6.4), and told what an administrator can do. What
/// was not acknowledged was promised to nobody: machines send it again by themselves.
/// </summary>
/// <param name="role">Whose database it is, as its administrator calls it.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
public sealed class DatabaseAway(string role, TimeProvider time, ILogger<DatabaseAway> log) : IExceptionHandler
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    // Two thousand scanners that come again say nothing new.
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new(); // guards _told and _toldAt
    private DatabaseFailure? _told;
    private long _toldAt;

    /// <summary>Makes a server answer in this way.</summary>
    public static void Add(IServiceCollection services, string role) => services.AddSingleton<IExceptionHandler>(
        provider => new DatabaseAway(role, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DatabaseAway>>()));

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (DatabaseFailures.Of(exception) is not { } failure)
            return false;
        if (IsToBeTold(failure))
            Log.DatabaseAway(log, Sentence(role, failure), exception.GetBaseException().Message);
        await Problems.Unavailable(httpContext, Sentence(role, failure), RetryAfter).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>What is the matter, and what to do. Where the database lies, and what its driver says, only the log tells.</summary>
    public static string Sentence(string role, DatabaseFailure failure) => failure switch
    {
        DatabaseFailure.Full => $"The disk of {role}'s database is full: make room there, and {role} goes on by itself.",
        DatabaseFailure.Failing => $"The disk of {role}'s database cannot be read or written: have it looked at; {role} goes on by itself when it works again.",
        DatabaseFailure.Damaged => $"{role}'s database is damaged: have its disk looked at, stop {role}, and restore the last backup ('slideport database restore'); {role} does not mend it by itself.",
        DatabaseFailure.Busy => $"{role}'s database was busy for too long; try again.",
        _ => $"{role}'s database does not answer: start it, or see what keeps {role} from reaching it; {role} goes on by itself when it is there again.",
    };

    private bool IsToBeTold(DatabaseFailure failure)
    {
        lock (_lock)
        {
            if (_told == failure && time.GetElapsedTime(_toldAt) < Quiet)
                return false;
            (_told, _toldAt) = (failure, time.GetTimestamp());
            return true;
        }
    }
}
