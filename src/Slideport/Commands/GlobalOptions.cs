using System.CommandLine;

namespace Slideport.Commands;

/// <summary>Options every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show more: the details of a failure, the log of a demo.", Recursive = true };

    public static readonly Option<string> Data = new("--data")
    {
        Description = "Folder for everything the program writes.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Settings.SlideportSettings.DefaultDataFolder,
        Recursive = true,
    };

    /// <summary>A machine reads the answer: one JSON document on standard output and nothing else.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Answer in JSON, for programs." };
}
