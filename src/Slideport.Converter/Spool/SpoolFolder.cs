using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.Converter.Spool;

/// <summary>The spool on disk: its layout, its lock, and the proof at start that the file system does what durability needs.</summary>
/// <remarks>
/// <code>
/// in/            instances being received; never acknowledged
/// ready/S/K/     one folder per scanner and slide: NAME.dcm, NAME.json (receipt), slide.json (state, manifest)
/// begun/K        slides of which only the beginning of an instance is there, which may be in a store already
/// conflict/K/    second instances of a known UID
/// quarantine/    what could not be parsed
/// done/S/K.json  records of purged slides
/// requests/      K.retry: a person asks to try a slide again
/// reports/       storage commitment reports whose requester has left
/// share/         outputs on their way to SMB shares
/// store.json     ids of the image stores
/// </code>
/// docs/spool.md says why.
/// </remarks>
internal sealed class SpoolFolder : IDisposable
{
    internal const string PartExtension = ".part";
    internal const string ReadyName = "ready";
    internal const string RequestsName = "requests";
    internal const string DoneName = "done";

    private readonly SafeFileHandle _lock;
    private readonly Lock _stores = new(); // guards the writing of store.json

    private SpoolFolder(string root, SafeFileHandle @lock)
    {
        Root = root;
        _lock = @lock;
    }

    internal string Root { get; }
    internal string In => Path.Join(Root, "in");
    internal string Ready => Path.Join(Root, ReadyName);
    internal string Begun => Path.Join(Root, "begun");
    internal string Conflict => Path.Join(Root, "conflict");
    internal string Quarantine => Path.Join(Root, "quarantine");
    internal string Done => Path.Join(Root, DoneName);
    internal string Requests => Path.Join(Root, RequestsName);
    internal string Reports => Path.Join(Root, "reports");
    private string StorePath => Path.Join(Root, "store.json");

    /// <summary>Takes the spool for this process.</summary>
    /// <exception cref="SpoolException">Another process has it, or the file system does not keep what is written.</exception>
    internal static SpoolFolder Open(string root)
    {
        var full = Path.GetFullPath(root);
        try
        {
            DurableFile.CreateDirectory(full);
            var @lock = DurableFile.TryLock(Path.Join(full, ".lock"))
                ?? throw new SpoolException($"The spool '{full}' is in use by another Slideport: stop that one, or give this one its own --data folder.");
            var spool = new SpoolFolder(full, @lock);
            foreach (var folder in (string[])[spool.In, spool.Ready, spool.Begun, spool.Conflict, spool.Quarantine, spool.Done, spool.Reports, spool.Requests])
                DurableFile.CreateDirectory(folder);
            spool.ProveDurable();
            return spool;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not SpoolException))
        {
            throw new SpoolException($"The spool '{full}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>The folder of a slide.</summary>
    internal string SlideFolder(SlideKey key) => Path.Join(Ready, SpoolName.Of(key.Scanner), key.Name);

    /// <summary>What tells the next process that a slide had begun, until it has a record.</summary>
    internal string BegunPath(SlideKey key) => Path.Join(Begun, key.Name);

    /// <summary>Where the record of a purged slide lies.</summary>
    internal string DonePath(SlideKey key) => Path.Join(Done, SpoolName.Of(key.Scanner), key.Name + Receipt.Extension);

    /// <summary>The id of an image store at first use; null before.</summary>
    /// <param name="location">A file location that SAM named; null: the converter's own store.</param>
    internal Guid? KnownStoreId(string? location = null)
    {
        var known = ReadStores();
        return location is null ? known.Id : known.Named.TryGetValue(location, out var id) ? id : null;
    }

    /// <summary>The image stores that have been used; null among them: the converter's own.</summary>
    internal IReadOnlyList<string?> KnownStores()
    {
        var known = ReadStores();
        return known.Id is null ? [.. known.Named.Keys] : [null, .. known.Named.Keys];
    }

    /// <summary>Remembers an image store for good.</summary>
    internal void RememberStore(string? location, Guid id)
    {
        lock (_stores)
        {
            var known = ReadStores();
            known = location is null ? known with { Id = id } : known with { Named = new Dictionary<string, Guid>(known.Named, StringComparer.Ordinal) { [location] = id } };
            DurableFile.Replace(StorePath, JsonSerializer.SerializeToUtf8Bytes(known, SpoolJson.Default.KnownStores));
        }
    }

    /// <summary>Makes one small file durable, to see whether that works.</summary>
    /// <exception cref="IOException">It does not.</exception>
    internal void ProveWritable() => DurableFile.Replace(Path.Join(Root, ".writable"), []);

    public void Dispose() => _lock.Dispose();

    private KnownStores ReadStores() => File.Exists(StorePath) ? JsonSerializer.Deserialize(File.ReadAllBytes(StorePath), SpoolJson.Default.KnownStores)! : new KnownStores();

    // The whole commit once, on nothing: a file system without fsync, or in/ and ready/ on two of them, shows here and not with a slide.
    private void ProveDurable()
    {
        var part = Path.Join(In, ".self-test");
        var final = Path.Join(Ready, ".self-test");
        File.Delete(part);
        File.Delete(final);
        using (var file = DurableFile.CreateNew(part))
        {
            RandomAccess.Write(file, "self-test"u8, 0);
            DurableFile.Flush(file);
        }

        if (!DurableFile.TryRename(part, final))
            throw new SpoolException($"The spool '{Root}' changes under our hands: '{final}' appeared by itself.");
        DurableFile.FlushDirectory(Ready);
        DurableFile.Delete(final);
    }
}
