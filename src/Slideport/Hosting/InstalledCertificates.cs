using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Slideport.Commands;
using Slideport.Settings;

namespace Slideport.Hosting;

/// <summary>What the site's own authority has issued for this machine, and whom else it has issued certificates that may be registered.</summary>
internal sealed partial class InstalledCertificates
{
    private readonly ILogger _log;

    /// <summary>Opens what the settings name.</summary>
    /// <exception cref="UsageException">It cannot be used; the message says why.</exception>
    public InstalledCertificates(CertificateOptions options, TimeProvider time, ILogger<InstalledCertificates> log)
    {
        _log = log;
        try
        {
            ClientAuthorities = SiteCertificate.Authorities(options.ClientAuthorities);
            if (options.Server.Length == 0)
                return;
            string[] files = [.. new[] { options.Server, options.ServerKey, options.PasswordFile }.Where(f => f.Length > 0)];
            Server = new CurrentCertificate(() => SiteCertificate.Open(options, time.GetUtcNow()), files, time, NotReplaced);
            Server.Get();
        }
        catch (IOException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>This machine's; null: only the installation's own.</summary>
    public CurrentCertificate? Server { get; }

    /// <summary>Further authorities, of certificates that are registered one by one.</summary>
    public X509Certificate2Collection ClientAuthorities { get; }

    /// <summary>When this machine's ends; null when there is none.</summary>
    public DateTimeOffset? Until => Server is null ? null : new DateTimeOffset(Server.Get().TargetCertificate.NotAfter);

    /// <summary>Warns of names this machine is reached by that are not in its certificate.</summary>
    public void Compare(IEnumerable<string> hosts)
    {
        if (Server is not null && SiteCertificate.MissingNames(Server.Get().TargetCertificate, hosts) is { Count: > 0 } missing)
            NamesMissing(_log, string.Join(", ", missing));
    }

    /// <summary>Told why a certificate that was replaced is not used.</summary>
    public void NotReplaced(string reason) => NotUsed(_log, reason);

    [LoggerMessage(3, LogLevel.Warning, "The certificate in Certificates:Server does not carry {Names}: who asks for that is shown the installation's own.")]
    private static partial void NamesMissing(ILogger log, string names);

    [LoggerMessage(4, LogLevel.Error, "A certificate that was replaced cannot be used, and the one before stays in use: {Reason}")]
    private static partial void NotUsed(ILogger log, string reason);
}
