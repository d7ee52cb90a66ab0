using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Protocol;
using Slideport.Sam.Identity;

namespace Slideport.Sam.Api;

/// <summary>The DataServer's port: HTTP/1.1 over TLS with client certificates, everything bounded, nothing open but enrolment.</summary>
internal static class SamServer
{
    private const int MaxBodyBytes = 1 << 20;
    private const int MaxHeaderBytes = 16 << 10;
    private const int MaxConnections = 10_000;
    private const int EnrolmentsPerMinute = 10;

    /// <summary>Builds the server on the services of the role.</summary>
    internal static WebApplication Build(SamOptions options, Func<SslServerAuthenticationOptions> tls, CertificateRegistry registry, Action<IServiceCollection> addServices)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, tls, registry));
        addServices(builder.Services);
        builder.Services.AddRouting();
        builder.Services.AddProblemDetails();
        OpenApiDocumentation.Add(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json => ProtocolJson.Apply(json.SerializerOptions));
        builder.Services.AddAuthentication(CertificateAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, CertificateAuthentication>(CertificateAuthentication.SchemeName, null);
        builder.Services.AddAuthorization(Policies.Add);
        builder.Services.AddRateLimiter(LimitRates);
        var application = builder.Build();
        application.UseExceptionHandler();
        application.UseStatusCodePages();
        application.UseRouting();
        application.UseAuthentication();
        application.UseAuthorization();
        application.UseRateLimiter();
        EnrolmentApi.Map(application);
        ScannerApi.Map(application);
        RoleApi.Map(application);
        AdminApi.Map(application);
        OpenApiDocumentation.Map(application);
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, SamOptions options, Func<SslServerAuthenticationOptions> tls, CertificateRegistry registry)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        var connections = new LiveConnections(registry);
        void Listen(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = TimeSpan.FromSeconds(10),
                OnConnection = _ => ValueTask.FromResult(Optional(tls(), registry)),
            });
            listen.Use(connections.Watch);
        }

        if (options.Address == "*")
            kestrel.ListenAnyIP(options.Port, Listen);
        else
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port, Listen);
    }

    // A certificate need not be shown, for those who come to get one; but one that is shown must be good.
    private static SslServerAuthenticationOptions Optional(SslServerAuthenticationOptions options, CertificateRegistry registry)
    {
        options.RemoteCertificateValidationCallback = (_, presented, _, errors) =>
            presented is null || (errors == SslPolicyErrors.None && presented is X509Certificate2 peer && registry.Find(peer) is not null);
        return options;
    }

    private static void LimitRates(Microsoft.AspNetCore.RateLimiting.RateLimiterOptions limits)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.AddPolicy(EnrolmentApi.RateLimit, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = EnrolmentsPerMinute, Window = TimeSpan.FromMinutes(1) }));
    }
}

/// <summary>Connections that are open, with their certificates: a revocation ends them, idle ones too.</summary>
internal sealed class LiveConnections
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<ConnectionContext, X509Certificate2> _open = new();
    private readonly CertificateRegistry _registry;

    internal LiveConnections(CertificateRegistry registry)
    {
        _registry = registry;
        registry.Changed += CloseUnwelcome;
    }

    internal ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
        {
            await next(connection);
            return;
        }

        _open[connection] = certificate;
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    };

    private void CloseUnwelcome()
    {
        foreach (var (connection, _) in _open.Where(open => _registry.Find(open.Value) is null))
            connection.Abort(new ConnectionAbortedException("The certificate was revoked."));
    }
}
