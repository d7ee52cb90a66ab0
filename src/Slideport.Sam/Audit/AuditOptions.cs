using Slideport.Sam.Audit.Repository;

namespace Slideport.Sam.Audit;

/// <summary>Settings of section <c>Audit</c>.</summary>
public sealed record AuditOptions
{
    /// <summary>The audit repository, as <c>host:port</c>; empty: none.</summary>
    public string Syslog { get; init; } = "";

    /// <summary>PEM file of who may have issued the repository's certificate; empty: the installation's own authority.</summary>
    public string SyslogAuthority { get; init; } = "";

    internal IEnumerable<string> Validate()
    {
        if (Syslog.Length > 0 && RepositoryAddress.TryParse(Syslog) is null)
            yield return $"Audit:Syslog '{Syslog}' is not host:port.";
        if (SyslogAuthority.Length > 0 && !File.Exists(SyslogAuthority))
            yield return $"Audit:SyslogAuthority '{SyslogAuthority}' is not there.";
    }
}
