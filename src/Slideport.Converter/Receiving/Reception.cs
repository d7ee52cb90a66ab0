using Slideport.Converter.Spool;

namespace Slideport.Converter.Receiving;

/// <summary>An instance that came whole.</summary>
/// <param name="Receipt">What is known of it.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Began">When it was announced.</param>
internal readonly record struct Reception(Receipt Receipt, CommitOutcome Outcome, DateTimeOffset Began);
