using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;

namespace Slideport.Scanner;

/// <summary>What a virtual scanner does with the slides it is given.</summary>
public sealed record ScanOptions
{
    /// <summary>Size, layout and identity of the slides.</summary>
    public SlideOptions Slide { get; init; } = new();

    /// <summary>How they are sent.</summary>
    public SendOptions Send { get; init; } = new();

    /// <summary>How often each slide is scanned. Further scans get a number behind the bar code, the next slots, and other tissue.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Told of how many slides have been scanned, each time.</summary>
    public Action<int>? Scanned { get; init; }

    /// <summary>Told of the instances of each slide as soon as it was sent, acknowledged and committed or not; from any thread. Their files are there until it returns.</summary>
    public Action<IReadOnlyList<SentInstance>>? Sent { get; init; }

    /// <summary>Folder in which the instances are kept; null: a temporary one, from which each slide is removed when it was acknowledged and committed.</summary>
    public string? Folder { get; init; }
}
