using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter;
using Slideport.Dicom.UpperLayer;
using Slideport.Dsr;
using Slideport.Hosting.Monitoring;
using Slideport.Protocol;
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

    /// <summary>The digital slide repository (flow F8).</summary>
    public const string Dsr = "dsr";

    /// <summary>What may stand behind <c>--roles</c>.</summary>
    public static readonly IReadOnlyList<string> All = [Converter, Sam, Dsr];

    /// <summary>Builds a host with roles in it.</summary>
    /// <param name="data">The data folder: identity, spool, images, database.</param>
    /// <param name="roles">Settings of the roles that run here.</param>
    /// <param name="monitoring">How they are looked at; null: not at all.</param>
    /// <param name="lowest">What is logged: this level and above.</param>
    public static IHost Build(string data, RoleSettings roles, MonitoringOptions? monitoring, LogLevel lowest = LogLevel.Information)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        // The last has nothing to say above that, and an Activity is begun for each request as long as it is listened to.
        builder.Logging.SetMinimumLevel(lowest).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // ASP.NET Core's own words under our handlers' names: a line for everybody who is not logged in yet.
        builder.Logging.AddFilter(typeof(Sam.SamRole).Namespace + ".Api", LogLevel.Warning).AddFilter(typeof(Dsr.DsrRole).Namespace + ".Api", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        var identity = SlideportSettings.IdentityFolder(data);
        builder.Services.AddSingleton(provider => new InstalledCertificates(roles.Certificates, TimeProvider.System, provider.GetRequiredService<ILogger<InstalledCertificates>>()));
        if (roles.Converter is not null)
            AddConverter(builder.Services, identity, roles.Converter);
        if (roles.Sam is not null)
            AddSam(builder.Services, identity, roles.Sam);
        if (roles.Dsr is not null)
            AddDsr(builder.Services, identity, roles.Dsr);
        if (roles is { Sam: not null, Dsr: { } near })
            builder.Services.AddHostedService(provider => new NearDsr(provider.GetRequiredService<SamRole>(), provider.GetRequiredService<DsrRole>(), near.Address));
        if (monitoring is { Enabled: true } or { OtlpEndpoint.Length: > 0 })
            AddMonitoring(builder.Services, identity, monitoring);
        return builder.Build();
    }

    private static void AddConverter(IServiceCollection services, string identity, ConverterOptions options)
    {
        services.AddSingleton(provider => CreateConverter(provider, identity, options));
        services.AddHostedService(provider => provider.GetRequiredService<ConverterRole>());
        if (SamNamed(options.Sam) is { } sam && File.Exists(Path.Join(identity, MachineIdentity.AuthorityFile)))
            services.AddHostedService(provider => new RoleRenewal(identity, Converter, sam, TimeProvider.System, provider.GetRequiredService<ILogger<RoleRenewal>>()));
    }

    private static ConverterRole CreateConverter(IServiceProvider provider, string identity, ConverterOptions options)
    {
        var installed = provider.GetRequiredService<InstalledCertificates>();
        var here = provider.GetService<SamRole>();
        var hasSam = here is not null || options.Sam.Length > 0;
        var own = options.Tls || hasSam ? RoleIdentity.Open(identity, Converter, [], options.Sam, installed.NotReplaced) : null;
        ConverterTls? tls = null;
        if (options.Tls)
        {
            installed.Compare(options.Address == "*" ? [Dns.GetHostName()] : [options.Address]);
            tls = new ConverterTls(new ServerCertificates(own!.Server, installed.Server).For, own.Authorities)
            {
                FurtherAuthorities = installed.ClientAuthorities,
                ClientCertificate = () => own.Client.Get().TargetCertificate,
            };
        }

        // The SAM that is named, or the one that runs here and may not listen yet.
        var named = SamNamed(options.Sam);
        var sam = hasSam ? new SamAddress(() => named ?? here?.Address, own!.ClientTls) : null;
        return new ConverterRole(options, tls, sam, TimeProvider.System, provider.GetRequiredService<ILogger<ConverterRole>>());
    }

    private static void AddSam(IServiceCollection services, string identity, SamOptions options)
    {
        services.AddSingleton(provider => CreateSam(provider, identity, options));
        services.AddHostedService(provider => provider.GetRequiredService<SamRole>());
    }

    private static SamRole CreateSam(IServiceProvider provider, string identity, SamOptions options)
    {
        var installed = provider.GetRequiredService<InstalledCertificates>();
        var authority = CertificateAuthority.OpenOrCreate(identity);
        IReadOnlyList<string> hosts = options.Address == "*" ? options.Hostnames : [.. options.Hostnames, options.Address];
        installed.Compare(options.Hostnames.Append(options.Web.Hostname.Length > 0 ? options.Web.Hostname : Dns.GetHostName()));
        var server = new ServerCertificates(CurrentCertificate.Of(() => authority.Server(Sam, hosts), authority.FilesOf(Sam), TimeProvider.System, installed.NotReplaced), installed.Server);
        var clients = new ClientTrust(authority.Roots) { FurtherAuthorities = installed.ClientAuthorities };
        var tls = new SamTls(
            name => TlsPolicy.ForServer(server.For(name), clients),
            host => TlsPolicy.ForClient(host, authority.Roots, authority.Client(Sam)),
            host => TlsPolicy.ForClient(host, options.Audit.SyslogAuthority.Length > 0 ? RootsIn(options.Audit.SyslogAuthority) : authority.Roots, authority.Client(Sam)))
        {
            FurtherAuthorities = () => installed.ClientAuthorities,
            InstalledUntil = () => installed.Until,
        };
        return new SamRole(options, authority, tls, TimeProvider.System, provider.GetRequiredService<ILoggerFactory>());
    }

    private static void AddDsr(IServiceCollection services, string identity, DsrOptions options)
    {
        services.AddSingleton(provider => CreateDsr(provider, identity, options));
        services.AddHostedService(provider => provider.GetRequiredService<DsrRole>());
        if (SamNamed(options.Sam) is { } sam && File.Exists(Path.Join(identity, MachineIdentity.AuthorityFile)))
            services.AddHostedService(provider => new RoleRenewal(identity, Dsr, sam, TimeProvider.System, provider.GetRequiredService<ILogger<RoleRenewal>>()));
    }

    private static DsrRole CreateDsr(IServiceProvider provider, string identity, DsrOptions options)
    {
        var installed = provider.GetRequiredService<InstalledCertificates>();
        var here = provider.GetService<SamRole>();
        IReadOnlyList<string> hosts = options.Address == "*" ? options.Hostnames : [.. options.Hostnames, options.Address];
        installed.Compare(hosts.Append(Dns.GetHostName()));
        var own = RoleIdentity.Open(identity, Dsr, hosts, options.Sam, installed.NotReplaced);
        var server = new ServerCertificates(own.Server, installed.Server);
        var named = SamNamed(options.Sam);
        return new DsrRole(
            options, new DsrTls(name => TlsPolicy.ForServer(server.For(name), new ClientTrust(own.Authorities))), new SamAddress(() => named ?? here?.Address, own.ClientTls),
            TimeProvider.System, provider.GetRequiredService<ILoggerFactory>());
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
        if (provider.GetService<DsrRole>() is { } dsr)
            yield return new WatchedRole(Dsr, () => dsr.Checks, dsr.IsRevoked);
    }

    private static X509Certificate2Collection RootsIn(string path)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(path);
        return roots;
    }

    private static Uri? SamNamed(string address) =>
        ConverterOptions.HostAndPort(address) is { } sam ? new UriBuilder(Uri.UriSchemeHttps, sam.Host, sam.Port).Uri : null;
}

/// <summary>Settings of the roles that run in this process; null: it does not run here.</summary>
/// <param name="Converter">The DICOM Converter.</param>
/// <param name="Sam">The SAM DataServer.</param>
/// <param name="Dsr">The digital slide repository.</param>
/// <param name="Certificates">What the site's own authority has issued for them.</param>
internal sealed record RoleSettings(ConverterOptions? Converter, SamOptions? Sam, DsrOptions? Dsr, CertificateOptions Certificates);
