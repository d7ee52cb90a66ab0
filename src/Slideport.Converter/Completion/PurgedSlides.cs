using System.Text;
using Slideport.Converter.Spool;

namespace Slideport.Converter.Completion;

/// <summary>What became of instances the spool has let go: their slides' records in <c>done/</c> name them with their hashes.</summary>
internal static class PurgedSlides
{
    /// <summary>Those of the given instances that a scanner's purged slides name, delivered and verified.</summary>
    /// <param name="folder">The spool.</param>
    /// <param name="scanner">Identities of the scanner; another's slides answer for nothing of its own.</param>
    /// <param name="sopInstanceUids">Instances looked for.</param>
    /// <param name="cancellationToken">Looked at for each record.</param>
    /// <remarks>
    /// Asked seldom, by scanners that look back further than the retention: reading through the records, about 5 kB a slide, costs a second for some
    /// ten thousand slides; an index would be a second truth.
    /// </remarks>
    internal static Dictionary<string, ManifestInstance> Find(SpoolFolder folder, IReadOnlyList<string> scanner, IReadOnlyCollection<string> sopInstanceUids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ManifestInstance>(StringComparer.Ordinal);
        var wanted = sopInstanceUids.Distinct(StringComparer.Ordinal).Select(uid => Encoding.UTF8.GetBytes($"\"{uid}\"")).ToArray();
        if (wanted.Length == 0)
            return found;
        var folders = scanner.Select(s => Path.Join(folder.Done, SpoolName.Of(s))).Where(Directory.Exists);
        foreach (var path in folders.SelectMany(f => Directory.EnumerateFiles(f, "*" + Receipt.Extension)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = File.ReadAllBytes(path);
            if (!Array.Exists(wanted, uid => text.AsSpan().IndexOf(uid) >= 0) || SlideRecord.TryRead(path) is not { State: SlideState.Purged } record)
                continue;
            foreach (var instance in record.Earlier.Append(record.Manifest).OfType<Manifest>().Where(m => m.Sha256 is not null).SelectMany(m => m.Instances))
            {
                if (sopInstanceUids.Contains(instance.SopInstanceUid))
                    found[instance.SopInstanceUid] = instance;
            }

            if (found.Count == wanted.Length)
                break;
        }

        return found;
    }
}
