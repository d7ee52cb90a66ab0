using System.Buffers;

namespace Slideport.ImageStore;

/// <summary>What the name of a file may be that is listed and opened: other people's files lie in the store, too, with blanks and umlauts in their names.</summary>
internal static class StoredName
{
    /// <summary>Folders in folders that are looked into: deeper lies no slide, and a mount that contains itself ends there.</summary>
    internal const int MaxDepth = 16;

    private const int MaxChars = 1024;

    // Windows parts names by the first, and by the second a file from what hides behind it. The last stands for bytes that are no text: such a name cannot be asked for.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(c => (char)c), '/', '\\', ':', '\uFFFD']);

    // Kept by systems and not by people; often nobody but the system may look into them.
    private static readonly HashSet<string> OfSystems = new(StringComparer.OrdinalIgnoreCase) { "lost+found", "$RECYCLE.BIN", "System Volume Information", "Thumbs.db", "desktop.ini" };

    /// <summary>Whether a file or folder is shown: hidden ones are parts of deliveries, our sentinel, and what other programs do not want to be seen.</summary>
    internal static bool IsShown(ReadOnlySpan<char> component) =>
        component.Length > 0 && component[0] != '.' && component.IndexOfAny(Forbidden) < 0 && !OfSystems.GetAlternateLookup<ReadOnlySpan<char>>().Contains(component);

    /// <summary>Makes sure that a name stays in the store and shows nothing hidden.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    internal static void Require(string name)
    {
        if (name.Length > MaxChars || name.Count(c => c == '/') >= MaxDepth)
            throw new ArgumentException("The name is longer than those of files in a store.", nameof(name));
        foreach (var part in name.AsSpan().Split('/'))
        {
            if (!IsShown(name.AsSpan()[part]))
                throw new ArgumentException($"'{name}' is not the name of a file in a store.", nameof(name));
        }
    }
}
