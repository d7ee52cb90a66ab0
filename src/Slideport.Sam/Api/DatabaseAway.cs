using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slideport.Database;

namespace Slideport.Sam.Api;

/// <summary>
/// While the database cannot do its part, whoever needs it is asked to come again (RFC 9110 15.6.4), and told what an administrator can do. What
/// was not acknowledged was promised to nobody: machines send it again by themselves.
/// </summary>
internal sealed class DatabaseAway(TimeProvider time, ILogger<DatabaseAway> log) : IExceptionHandler
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    // Two thousand scanners that come again say nothing new.
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new(); // guards _told and _toldAt
    private DatabaseFailure? _told;
    private long _toldAt;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (DatabaseFailures.Of(exception) is not { } failure)
            return false;
        if (IsToBeTold(failure))
            Log.DatabaseAway(log, Sentence(failure), exception.GetBaseException().Message);
        await Problems.Unavailable(httpContext, Sentence(failure), RetryAfter).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>What is the matter, and what to do. Where the database lies, and what its driver says, only the log tells.</summary>
    internal static string Sentence(DatabaseFailure failure) => failure switch
    {
        DatabaseFailure.Full => "The disk of SAM's database is full: make room there, and SAM goes on by itself.",
        DatabaseFailure.Failing => "The disk of SAM's database cannot be read or written: have it looked at; SAM goes on by itself when it works again.",
        DatabaseFailure.Damaged => "SAM's database is damaged: have its disk looked at, stop SAM, and restore the last backup ('slideport database restore'); SAM does not mend it by itself.",
        DatabaseFailure.Busy => "SAM's database was busy for too long; try again.",
        _ => "SAM's database does not answer: start it, or see what keeps SAM from reaching it; SAM goes on by itself when it is there again.",
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
