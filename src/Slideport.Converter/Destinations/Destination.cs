using Slideport.Converter.Sam;
using Slideport.Slides.Deidentification;

namespace Slideport.Converter.Destinations;

/// <summary>A destination as the settings have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rules">Which slides go there.</param>
/// <param name="Settings">What is delivered, where, and by which name.</param>
/// <param name="KeyFile">The file with the key of pseudonyms; null where slides go as they are.</param>
/// <param name="Pacs">The PACS it is; null: an image store.</param>
internal sealed record Destination(string Name, DestinationRules Rules, SlideSettings Settings, string? KeyFile, Pacs? Pacs)
{
    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads the key, each time it is needed: it is not kept in memory, and one that is put right counts at once.</summary>
    /// <exception cref="IOException">It cannot be read or used; slides wait until it can.</exception>
    internal DeidentificationKey? ReadKey()
    {
        if (KeyFile is null)
            return null;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(KeyFile) & OfOthers) != 0)
            throw new IOException($"The key of pseudonyms in '{KeyFile}' can be got at by others; chmod 600 it. Whoever had it can tell whose the slides are.");
        try
        {
            return DeidentificationKey.Read(KeyFile);
        }
        catch (ArgumentException e)
        {
            throw new IOException($"'{KeyFile}' holds no key of pseudonyms: {e.Message}", e);
        }
    }
}
