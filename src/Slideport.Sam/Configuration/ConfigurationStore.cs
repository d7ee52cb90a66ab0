using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Configuration;

/// <summary>
/// The configuration of all scanners: the defaults, and what each scanner overrides. What scanners ask for is answered from memory; each
/// change is a new row, and wakes those who wait for one.
/// </summary>
internal sealed class ConfigurationStore(SamDatabases databases, SamWriter writer)
{
    /// <summary>The scope that holds for every scanner.</summary>
    internal const string Defaults = "defaults";

    private readonly Lock _lock = new(); // guards _changed and _scopes together
    private Dictionary<string, ScopeState> _scopes = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record ScopeState(long Version, JsonObject Document);

    /// <summary>Takes up what other nodes have changed.</summary>
    internal async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var newest = database.ConfigurationChanges.GroupBy(c => c.Scope).Select(g => g.Max(c => c.Version));
        var rows = await database.ConfigurationChanges.Where(c => newest.Contains(c.Version)).ToListAsync(cancellationToken);
        TaskCompletionSource? changed = null;
        lock (_lock)
        {
            var before = Version;
            _scopes = rows.ToDictionary(r => r.Scope, r => new ScopeState(r.Version, ConfigurationDocument.Parse(r.Document)), StringComparer.Ordinal);
            if (Version != before)
                (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed?.SetResult();
    }

    /// <summary>The configuration of a scanner and its version. Versions grow with every change that concerns the scanner.</summary>
    /// <param name="serialNumber">The scanner; null for the defaults alone.</param>
    internal (long Version, ScannerConfiguration Configuration) Effective(string? serialNumber)
    {
        var (defaults, own) = (State(Defaults), serialNumber is null ? null : State(Holders.Scanner(serialNumber)));
        return (Math.Max(defaults.Version, own?.Version ?? 0), ConfigurationDocument.Effective(defaults.Document, own?.Document ?? []));
    }

    /// <summary>What a scope itself sets, and the version of its last change; version 0 when nothing was ever set.</summary>
    internal (long Version, JsonObject Document) Document(string scope)
    {
        var state = State(scope);
        return (state.Version, (JsonObject)state.Document.DeepClone());
    }

    /// <summary>Version of the last change of any scope; 0 when nothing was ever set.</summary>
    internal long Version
    {
        get
        {
            lock (_lock)
                return _scopes.Values.Select(s => s.Version).DefaultIfEmpty().Max();
        }
    }

    /// <summary>Completes with the next change of any scope.</summary>
    internal Task NextChangeAsync()
    {
        lock (_lock)
            return _changed.Task;
    }

    /// <summary>Which scanners a change would touch, without making it.</summary>
    /// <exception cref="ConfigurationException">The result cannot be used by one of them; the field says whose.</exception>
    internal async Task<DryRun> TryAsync(string scope, JsonObject document, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var serials = await database.Scanners.Where(s => s.RetiredAt == null).Select(s => s.SerialNumber).ToListAsync(cancellationToken);
        var (_, before) = Document(scope);
        var defaults = scope == Defaults ? document : State(Defaults).Document;
        _ = ConfigurationDocument.Effective(defaults, scope == Defaults ? [] : document);
        var touched = new List<string>();
        foreach (var serial in serials.Where(s => scope == Defaults || scope == Holders.Scanner(s)))
        {
            var own = scope == Defaults ? State(Holders.Scanner(serial)).Document : document;
            if (ConfigurationDocument.Effective(defaults, own) != Effective(serial).Configuration)
                touched.Add(serial);
        }

        return new DryRun([.. ConfigurationDocument.Differences(before, document)], touched);
    }

    /// <summary>Makes a scope's document a new one, durably, and wakes who waits.</summary>
    /// <param name="scope"><see cref="Defaults"/> or a scanner's holder name.</param>
    /// <param name="document">The whole new document of the scope.</param>
    /// <param name="expectedVersion">The version the change was made from; null: whatever it is now.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="actor">Who.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns>The new version; null when somebody changed it since <paramref name="expectedVersion"/>.</returns>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal async Task<long?> ChangeAsync(
        string scope, JsonObject document, long? expectedVersion, string reason, Actor actor, CancellationToken cancellationToken)
    {
        await TryAsync(scope, document, cancellationToken);
        var version = await writer.WriteAsync<long?>(async writing =>
        {
            var changes = writing.Database.ConfigurationChanges;
            var last = await changes.Where(c => c.Scope == scope).OrderByDescending(c => c.Version).FirstOrDefaultAsync(cancellationToken);
            if (expectedVersion is not null && expectedVersion != (last?.Version ?? 0))
                return null;
            var next = (await changes.MaxAsync(c => (long?)c.Version, cancellationToken) ?? 0) + 1;
            var text = document.ToJsonString();
            changes.Add(new ConfigurationChange { Version = next, Scope = scope, Document = text, ChangedBy = actor.Name, ChangedAt = writing.Now, Reason = reason });
            writing.Audit(actor, "configuration.change", scope, last?.Document, text);
            return next;
        }, cancellationToken);
        await ReloadAsync(cancellationToken);
        return version;
    }

    private ScopeState State(string scope)
    {
        lock (_lock)
            return _scopes.GetValueOrDefault(scope) ?? new ScopeState(0, []);
    }
}

/// <summary>What a change would do.</summary>
/// <param name="Changes">Fields of the scope that would change.</param>
/// <param name="Scanners">Serial numbers of the scanners whose configuration would change.</param>
internal sealed record DryRun(IReadOnlyList<FieldChange> Changes, IReadOnlyList<string> Scanners);
