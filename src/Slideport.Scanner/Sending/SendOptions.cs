namespace Slideport.Scanner.Sending;

/// <summary>How instances are sent.</summary>
public sealed record SendOptions
{
    /// <summary>Associations at once.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Most bytes a second over all associations together; null = as fast as it goes.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Order of the instances.</summary>
    public SendOrder Order { get; init; }

    /// <summary>Decides what <see cref="SendOrder.Shuffled"/> does.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether the receiver is asked to take responsibility for the instances at the end (Storage Commitment).</summary>
    public bool Commit { get; init; } = true;

    /// <summary>How often an instance is sent again when the connection broke or the receiver had no room.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Pause before the first repetition; doubled for each further one.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between two attempts.</summary>
    public TimeSpan MaxRetryPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Clock of pauses, rates and durations.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
