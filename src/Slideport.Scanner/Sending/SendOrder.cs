namespace Slideport.Scanner.Sending;

/// <summary>In which order instances are sent.</summary>
public enum SendOrder
{
    /// <summary>Slide by slide, levels from the largest.</summary>
    AsScanned,

    /// <summary>At random, slide by slide.</summary>
    Shuffled,

    /// <summary>One instance of each slide in turn.</summary>
    Interleaved,
}
