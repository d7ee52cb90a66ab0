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

    /// <summary>As it was left in the database for whoever takes over; null for what is no mark, or not signed here.</summary>
    /// <remarks>Signed, because whoever has the database must not be able to have entries left out. An older one put back has some sent twice.</remarks>
    internal static RepositoryMark? TryParse(string text, HeadKey key)
    {
        var signature = new byte[80];
        return text.Split(' ') is [var number, { Length: 64 } hash, { Length: < 100 } base64]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && Convert.TryFromBase64String(base64, signature, out var length)
            && new RepositoryMark(sequence, hash) is var mark && key.Signed(mark.Statement, signature.AsSpan(0, length))
            ? mark
            : null;
    }

    /// <summary>Number, hash, signature.</summary>
    internal string Signed(HeadKey key) => string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Hash} {Convert.ToBase64String(key.Sign(Statement))}");

    // Not what a head is signed as: heads stand in the trail for everybody, and are no word of what was sent.
    private string Statement => string.Create(CultureInfo.InvariantCulture, $"slideport audit sent {Sequence} {Hash}");

    /// <summary>Keeps it; durable when this returns.</summary>
    internal void Save(string folder) =>
        DurableFile.Replace(Path.Join(folder, Name), Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Hash}\n")));
}
