namespace Slideport.Protocol.Readiness;

/// <summary>One thing a role needs to do its work, and how to find out whether it can be used now.</summary>
/// <param name="Name">What it is, in small letters: <c>spool</c>, <c>database</c> …</param>
/// <param name="ProblemAsync">Looks: why it cannot be used now, as a sentence; null when it can. Never called again before it has answered.</param>
public sealed record ReadinessCheck(string Name, Func<CancellationToken, Task<string?>> ProblemAsync);
