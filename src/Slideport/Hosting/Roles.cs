using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slideport.Converter;
using Slideport.Protocol.Identity;
using Slideport.Settings;

namespace Slideport.Hosting;

/// <summary>Puts the roles of an installation into a host; the only place where they meet.</summary>
internal static class Roles
{
    /// <summary>What may stand behind <c>--roles</c>.</summary>
    public static readonly IReadOnlyList<string> All = ["converter"];

    /// <summary>Builds a host with the converter in it.</summary>
    /// <param name="data">The data folder: identity, spool, images.</param>
    /// <param name="options">The converter's settings.</param>
    /// <param name="lowest">What is logged: this level and above.</param>
    public static IHost Build(string data, ConverterOptions options, LogLevel lowest = LogLevel.Information)
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
        builder.Services.AddConverter(options, options.Tls ? Certificates(data) : null);
        return builder.Build();
    }

    private static ConverterTls Certificates(string data)
    {
        using var authority = CertificateAuthority.OpenOrCreate(SlideportSettings.IdentityFolder(data));
        return new ConverterTls(authority.Server("converter"), [X509CertificateLoader.LoadCertificate(authority.Certificate.RawData)], authority.Client("converter"));
    }
}
