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
internal sealed class ConfigurationStore(SamDatabases databases, SamWriter writer) : IDisposable
{
    /// <summary>The scope that holds for every scanner.</summary>
    internal const string Defaults = "defaults";

    // One reading after the other: an older one must not come last and bring back what was changed meanwhile.
    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile ConfigurationSnapshot _snapshot = ConfigurationSnapshot.Empty;
    private volatile TaskCompletionSource _changed = NewChange();

    /// <summary>Takes up what other nodes have changed.</summary>
    internal async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>The configuration of a scanner and its version. Versions grow with every change that concerns the scanner.</summary>
    /// <param name="serialNumber">The scanner; null for the defaults alone.</param>
    internal (long Version, ScannerConfiguration Configuration) Effective(string? serialNumber) =>
        _snapshot.Effective(serialNumber is null ? null : Holders.Scanner(serialNumber));

    /// <summary>The scanners that set anything of their own, and what that amounts to with the defaults.</summary>
    internal IEnumerable<(string SerialNumber, ScannerConfiguration Configuration)> Scanners() =>
        _snapshot.Scopes.Where(scope => scope != Defaults).Select(scope => (Holders.SerialNumber(scope), _snapshot.Effective(scope).Configuration));

    /// <summary>What a scope itself sets, and the version of its last change; version 0 when nothing was ever set.</summary>
    internal (long Version, JsonObject Document) Document(string scope)
    {
        var state = _snapshot.Scope(scope);
        return (state.Version, (JsonObject)state.Document.DeepClone());
    }

    /// <summary>Version of the last change of any scope; 0 when nothing was ever set.</summary>
    internal long Version => _snapshot.Version;

    /// <summary>Completes with the next change of any scope.</summary>
    internal Task NextChangeAsync() => _changed.Task;

    /// <summary>What a scope would amount to with another document.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal ScannerConfiguration EffectiveWith(string scope, JsonObject document)
    {
        var configuration = With(_snapshot, scope, document).Effective(scope == Defaults ? null : scope).Configuration;
        ConfigurationDocument.Require(configuration);
        return configuration;
    }

    /// <summary>Which scanners a change would touch, without making it.</summary>
    /// <exception cref="ConfigurationException">The result cannot be used by one of them; the field says whose.</exception>
    internal async Task<DryRun> TryAsync(string scope, JsonObject document, CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var serials = await database.Scanners.Where(s => s.RetiredAt == null).Select(s => s.SerialNumber).ToListAsync(cancellationToken);
        var snapshot = _snapshot;
        var changed = With(snapshot, scope, document);
        ConfigurationDocument.Require(changed.Effective(scope == Defaults ? null : scope).Configuration);
        var touched = serials.Where(serial => Holders.Scanner(serial) is var own && (scope == Defaults || scope == own)
            && changed.Effective(own).Configuration != snapshot.Effective(own).Configuration).ToList();
        foreach (var serial in touched)
            ConfigurationDocument.Require(changed.Effective(Holders.Scanner(serial)).Configuration);
        return new DryRun([.. ConfigurationDocument.Differences(snapshot.Scope(scope).Document, document)], touched);
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

    public void Dispose() => _reading.Dispose();

    // Rows are only ever added and their numbers have no gaps, also on a server: the highest tells whether there is anything new. A lower
    // one than before is another database, put there by a restore.
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        var (before, newest) = (_snapshot, await database.ConfigurationChanges.MaxAsync(c => (long?)c.Version, cancellationToken) ?? 0);
        if (newest == before.Version)
            return;
        var known = newest > before.Version ? before : ConfigurationSnapshot.Empty;
        var last = database.ConfigurationChanges.Where(c => c.Version > known.Version).GroupBy(c => c.Scope).Select(g => g.Max(c => c.Version));
        var rows = await database.ConfigurationChanges.AsNoTracking().Where(c => last.Contains(c.Version)).ToListAsync(cancellationToken);
        _snapshot = known.With(rows.Select(r => (r.Scope, new ScopeState(r.Version, ConfigurationDocument.Parse(r.Document)))));
        var changed = _changed;
        _changed = NewChange();
        changed.SetResult();
    }

    private static ConfigurationSnapshot With(ConfigurationSnapshot snapshot, string scope, JsonObject document) =>
        snapshot.With([(scope, new ScopeState(snapshot.Version + 1, document))]);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What a change would do.</summary>
/// <param name="Changes">Fields of the scope that would change.</param>
/// <param name="Scanners">Serial numbers of the scanners whose configuration would change.</param>
internal sealed record DryRun(IReadOnlyList<FieldChange> Changes, IReadOnlyList<string> Scanners);
