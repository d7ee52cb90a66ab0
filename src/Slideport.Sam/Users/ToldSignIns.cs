using System.Net;
using System.Threading.RateLimiting;

namespace Slideport.Sam.Users;

/// <summary>
/// How often somebody may try to log in by way of another role: as often as at SAM's own door, by the address the role tells. It keeps people from
/// guessing there; a role that lies about addresses is held up by the lock-out of each user.
/// </summary>
internal sealed class ToldSignIns(int perMinute) : IDisposable
{
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(source => RateLimitPartition.GetFixedWindowLimiter(
        source, _ => new FixedWindowRateLimiterOptions { PermitLimit = perMinute, Window = Window }));

    /// <summary>Whether one more from there is looked at.</summary>
    internal bool MayTry(IPAddress source)
    {
        using var lease = _limiter.AttemptAcquire(source);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
