using System.Text.Json.Nodes;
using Slideport.Protocol.Configuration;

namespace Slideport.Sam.Configuration;

/// <summary>All scopes as they are in one version. It never changes: a change makes another one, which takes its place whole.</summary>
internal sealed class ConfigurationSnapshot
{
    /// <summary>Before anything was set.</summary>
    internal static readonly ConfigurationSnapshot Empty = new(new Dictionary<string, ScopeState>(StringComparer.Ordinal));

    private readonly Dictionary<string, ScopeState> _scopes;
    private readonly ScopeState _defaults;

    private ConfigurationSnapshot(Dictionary<string, ScopeState> scopes)
    {
        _scopes = scopes;
        _defaults = Scope(ConfigurationStore.Defaults);
        Version = scopes.Values.Select(s => s.Version).DefaultIfEmpty().Max();
    }

    /// <summary>Version of the last change of any scope; 0 when nothing was ever set.</summary>
    internal long Version { get; }

    /// <summary>What a scope itself sets.</summary>
    internal ScopeState Scope(string scope) => _scopes.GetValueOrDefault(scope, ScopeState.Nothing);

    /// <summary>What the defaults and a scope amount to, and the version of the later of them. Worked out once, by whoever asks first.</summary>
    /// <param name="scope">A scanner's; null for the defaults alone.</param>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal (long Version, ScannerConfiguration Configuration) Effective(string? scope)
    {
        // Scanners that set nothing of their own, most of a fleet, share one configuration.
        if (scope is null || Scope(scope) is not { Version: > 0 } own)
            return (_defaults.Version, _defaults.Over(ScopeState.Nothing));
        return (Math.Max(_defaults.Version, own.Version), own.Over(_defaults));
    }

    /// <summary>The scopes that set anything.</summary>
    internal IEnumerable<string> Scopes => _scopes.Keys;

    /// <summary>The same with some scopes changed.</summary>
    internal ConfigurationSnapshot With(IEnumerable<(string Scope, ScopeState State)> changes)
    {
        var scopes = new Dictionary<string, ScopeState>(_scopes, StringComparer.Ordinal);
        foreach (var (scope, state) in changes)
            scopes[scope] = state;
        return new ConfigurationSnapshot(scopes);
    }
}

/// <summary>What one scope sets since a version. The document is not to be changed.</summary>
internal sealed class ScopeState(long version, JsonObject document)
{
    /// <summary>A scope that was never set.</summary>
    internal static readonly ScopeState Nothing = new(0, []);

    private volatile Sum? _sum;

    internal long Version { get; } = version;

    internal JsonObject Document { get; } = document;

    private sealed record Sum(ScopeState Beneath, ScannerConfiguration Configuration);

    /// <summary>What this scope over another amounts to; kept as long as it is asked about the same other one.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal ScannerConfiguration Over(ScopeState beneath)
    {
        if (_sum is { } known && known.Beneath == beneath)
            return known.Configuration;
        var configuration = ConfigurationDocument.Effective(beneath.Document, Document);
        _sum = new Sum(beneath, configuration);
        return configuration;
    }
}
