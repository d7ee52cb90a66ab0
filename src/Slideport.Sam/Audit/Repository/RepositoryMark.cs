using System.Globalization;
using System.Text;
using Slideport.Files;

namespace Slideport.Sam.Audit.Repository;

/// <summary>The last entry the audit repository has taken.</summary>
/// <param name="Sequence">Its number; 0: none.</param>
/// <param name="Hash">Its hash: the next one must follow it.</param>
internal sealed record RepositoryMark(long Sequence, string Hash)
{
    internal static readonly RepositoryMark None = new(0, AuditChain.Genesis);

    private const string Name = "audit-sent";

    /// <summary>As it was kept; none where nothing was, or nothing that can be read: sending twice is better than not at all.</summary>
    internal static RepositoryMark Load(string folder)
    {
        var path = Path.Join(folder, Name);
        return File.Exists(path) && File.ReadAllText(path).TrimEnd().Split(' ') is [var number, { Length: 64 } hash]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? new RepositoryMark(sequence, hash)
            : None;
    }

    /// <summary>Keeps it; durable when this returns.</summary>
    internal void Save(string folder) =>
        DurableFile.Replace(Path.Join(folder, Name), Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Hash}\n")));
}
