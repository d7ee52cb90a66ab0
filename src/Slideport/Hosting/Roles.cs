using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter;
using Slideport.Dicom.UpperLayer;
using Slideport.Hosting.Monitoring;
using Slideport.Protocol.Identity;
using Slideport.Sam;
using Slideport.Settings;

namespace Slideport.Hosting;

/// <summary>Puts the roles of an installation into a host; the only place where they meet.</summary>
internal static class Roles
{
    /// <summary>The DICOM Converter (flows F1 and F2).</summary>
    public const string Converter = "converter";

    /// <summary>The SAM DataServer (flows F3, F4, F7, F8).</summary>
    public const string Sam = "sam";

    /// <summary>What may stand behind <c>--roles</c>.</summary>
    public static readonly IReadOnlyList<string> All = [Converter, Sam];

    /// <summary>Builds a host with roles in it.</summary>
    /// <param name="data">The data folder: identity, spool, images, database.</param>
    /// <param name="converter">Settings of the converter; null: it does not run here.</param>
    /// <param name="sam">Settings of SAM; null: it does not run here.</param>
    /// <param name="monitoring">How they are looked at; null: not at all.</param>
    /// <param name="lowest">What is logged: this level and above.</param>
    public static IHost Build(string data, ConverterOptions? converter, SamOptions? sam, MonitoringOptions? monitoring, LogLevel lowest = LogLevel.Information)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.SetMinimumLevel(lowest).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        if (converter is not null)
            builder.Services.AddSingleton(provider => new ConverterRole(
                converter, converter.Tls ? Certificates(data) : null, SamOf(converter, data, provider.GetService<SamRole>()), TimeProvider.System, provider.GetRequiredService<ILogger<ConverterRole>>()))
                .AddHostedService(provider => provider.GetRequiredService<ConverterRole>());
        if (sam is not null)
            AddSam(builder.Services, SlideportSettings.IdentityFolder(data), sam);
        if (monitoring is { Enabled: true } or { OtlpEndpoint.Length: > 0 })
            AddMonitoring(builder.Services, SlideportSettings.IdentityFolder(data), monitoring);
        return builder.Build();
    }

    private static void AddSam(IServiceCollection services, string identity, SamOptions options)
    {
        var authority = CertificateAuthority.OpenOrCreate(identity);
        IReadOnlyList<string> hosts = options.Address == "*" ? options.Hostnames : [.. options.Hostnames, options.Address];
        var server = new CurrentCertificate(() => authority.Server("sam", hosts), authority.FilesOf("sam"), TimeProvider.System);
        var tls = new SamTls(
            () => TlsPolicy.ForServer(server.Get(), authority.Roots),
            host => TlsPolicy.ForClient(host, authority.Roots, authority.Client("sam")),
            host => TlsPolicy.ForClient(host, options.Audit.SyslogAuthority.Length > 0 ? RootsIn(options.Audit.SyslogAuthority) : authority.Roots, authority.Client("sam")));
        services.AddSingleton(provider => new SamRole(options, authority, tls, TimeProvider.System, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<SamRole>());
    }

    // Last of all: its start waits for the roles, and not the other way round.
    private static void AddMonitoring(IServiceCollection services, string identity, MonitoringOptions options)
    {
        services.AddSingleton(provider => new MonitoringService(options, [.. Watched(provider)], identity, TimeProvider.System, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<MonitoringService>());
    }

    private static IEnumerable<WatchedRole> Watched(IServiceProvider provider)
    {
        if (provider.GetService<ConverterRole>() is { } converter)
            yield return new WatchedRole(Converter, () => converter.Checks, converter.IsRevoked);
        if (provider.GetService<SamRole>() is { } sam)
            yield return new WatchedRole(Sam, () => sam.Checks, sam.IsRevoked);
    }

    private static X509Certificate2Collection RootsIn(string path)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(path);
        return roots;
    }

    // The SAM that is named, or the one that runs here and may not listen yet.
    private static ConverterSam? SamOf(ConverterOptions converter, string data, SamRole? here)
    {
        if (here is null && converter.Sam.Length == 0)
            return null;
        Uri? named = ConverterOptions.HostAndPort(converter.Sam) is { } sam ? new UriBuilder(Uri.UriSchemeHttps, sam.Host, sam.Port).Uri : null;
        var authority = CertificateAuthority.OpenOrCreate(SlideportSettings.IdentityFolder(data));
        return new ConverterSam(() => named ?? here?.Address, host => TlsPolicy.ForClient(host, authority.Roots, authority.Client("converter")));
    }

    private static ConverterTls Certificates(string data)
    {
        using var authority = CertificateAuthority.OpenOrCreate(SlideportSettings.IdentityFolder(data));
        return new ConverterTls(authority.Server("converter"), [X509CertificateLoader.LoadCertificate(authority.Certificate.RawData)], authority.Client("converter"));
    }
}
