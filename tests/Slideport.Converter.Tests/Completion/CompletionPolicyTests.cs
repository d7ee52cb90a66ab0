using Slideport.Converter.Completion;

namespace Slideport.Converter.Tests.Completion;

public sealed class CompletionPolicyTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);

    private const string Lacking = "The scanner's manifest names 7 instances; 1 has not come.";

    // committed, finished, open, quiet s, missing → kind
    [Theory]
    [InlineData(true, false, 1, 0, false, nameof(CompletionKind.Complete))] // commitment decides at once, association open or not
    [InlineData(true, false, 1, 0, true, nameof(CompletionKind.Incomplete))] // but never makes a whole of parts
    [InlineData(false, true, 0, 60, false, nameof(CompletionKind.Complete))]
    [InlineData(false, true, 0, 59, false, nameof(CompletionKind.TooEarly))]
    [InlineData(false, true, 1, 3600, false, nameof(CompletionKind.TooEarly))] // the clock does not run while a sender is connected
    [InlineData(false, false, 0, 60, false, nameof(CompletionKind.Incomplete))] // broken off
    [InlineData(false, true, 0, 60, true, nameof(CompletionKind.Incomplete))]
    [InlineData(false, true, 0, 0, true, nameof(CompletionKind.TooEarly))]
    public void A_slide_is_complete_when_told_or_when_whole_released_and_quiet(
        bool committed, bool finished, int open, int quietSeconds, bool missing, string expected)
    {
        var facts = new CompletionFacts(null, committed, finished, open, TimeSpan.FromSeconds(quietSeconds), missing ? "Level 0 lacks 3 of 12 frames." : null);

        var verdict = CompletionPolicy.Decide(facts, Quiet);

        Assert.Equal(expected, verdict.Kind.ToString());
        Assert.Equal(missing && expected == nameof(CompletionKind.Incomplete), verdict.Reason.Contains("lacks 3 of 12", StringComparison.Ordinal));
    }

    // fulfilled, committed, finished, open, quiet s, missing → kind
    [Theory]
    [InlineData(true, false, false, 1, 0, false, nameof(CompletionKind.Complete))] // the manifest decides at once, association open or not
    [InlineData(true, false, false, 0, 0, false, nameof(CompletionKind.Complete))] // broken off after the last instance: nothing more is to come
    [InlineData(true, false, true, 0, 60, true, nameof(CompletionKind.Incomplete))] // but never makes a whole of parts
    [InlineData(false, true, true, 0, 0, false, nameof(CompletionKind.TooEarly))] // committed what was sent; the manifest names more
    [InlineData(false, false, true, 1, 3600, false, nameof(CompletionKind.TooEarly))]
    [InlineData(false, false, true, 0, 60, false, nameof(CompletionKind.Incomplete))] // structure alone would have taken it for whole
    public void The_scanners_manifest_decides_before_everything_else(
        bool fulfilled, bool committed, bool finished, int open, int quietSeconds, bool missing, string expected)
    {
        var facts = new CompletionFacts(
            new ManifestFacts(fulfilled ? null : Lacking), committed, finished, open, TimeSpan.FromSeconds(quietSeconds), missing ? "Level 0 lacks 3 of 12 frames." : null);

        var verdict = CompletionPolicy.Decide(facts, Quiet);

        Assert.Equal(expected, verdict.Kind.ToString());
        Assert.Equal(!fulfilled && expected == nameof(CompletionKind.Incomplete), verdict.Reason == Lacking);
    }
}
