namespace Slideport.Scanner.Sending;

/// <summary>What a virtual scanner is doing.</summary>
public enum SendStage
{
    /// <summary>Making instances of slides.</summary>
    Scanning,

    /// <summary>Sending instances.</summary>
    Sending,

    /// <summary>Waiting for the receiver to take responsibility for a slide.</summary>
    Committing,
}
