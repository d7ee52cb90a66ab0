namespace Slideport.ImageStore.Tests.Smb;

/// <summary>A clock that a test turns on; what was to happen regularly happens then.</summary>
internal sealed class TurnedClock : TimeProvider
{
    private readonly List<Action> _regularly = [];
    private TimeSpan _turned;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(_turned.TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _regularly.Add(() => callback(state));
        return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal void Turn(TimeSpan on)
    {
        _turned += on;
        _regularly.ForEach(act => act());
    }
}
