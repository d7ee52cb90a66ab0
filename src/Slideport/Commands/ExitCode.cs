namespace Slideport.Commands;

/// <summary>What a script may rely on.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The answer is no: a slide that cannot be carried losslessly, a file that differs.</summary>
    public const int No = 1;

    /// <summary>Wrong usage or input.</summary>
    public const int Usage = 2;

    /// <summary>The other side or the system failed.</summary>
    public const int Failed = 3;
}
