namespace Slideport.Scanner.Sending;

/// <summary>The scanner's book-keeping: what it sent, what was acknowledged, what was committed. The receiver may lose nothing in it.</summary>
/// <param name="Instances">Every instance, in the order they were to be sent.</param>
/// <param name="Elapsed">From beginning to end.</param>
/// <param name="CommitmentProblem">Why nothing is known about commitment although it was asked for; null otherwise.</param>
public sealed record SendLedger(IReadOnlyList<SentInstance> Instances, TimeSpan Elapsed, string? CommitmentProblem)
{
    /// <summary>Bytes of the data sets that were acknowledged.</summary>
    public long AcknowledgedBytes => Instances.Where(instance => instance.IsAcknowledged).Sum(instance => instance.Bytes);

    /// <summary>Whether every instance was acknowledged and, where asked for, committed.</summary>
    public bool IsComplete => CommitmentProblem is null && Instances.All(instance => instance.IsAcknowledged && instance.IsCommitted != false);
}
