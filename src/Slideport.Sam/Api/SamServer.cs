using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Http;
using Slideport.Protocol;
using Slideport.Sam.Database;
using Slideport.Sam.Identity;
using Slideport.Sam.Users;

namespace Slideport.Sam.Api;

/// <summary>
/// The DataServer's two entrances, HTTP/1.1 over TLS, everything bounded: one for machines, with client certificates and nothing open but
/// enrolment; one for people, with sessions and nothing open but logging in.
/// </summary>
internal static class SamServer
{
    private const string CallerScheme = "caller";
    private const int EnrolmentsPerMinute = 10;
    private const int SignInsPerMinute = 20;

    /// <summary>Builds the server on the services of the role.</summary>
    internal static WebApplication Build(SamOptions options, Func<string, SslServerAuthenticationOptions> tls, (CertificateRegistry Registry, X509Certificate2 Authority) trust, Action<IServiceCollection> addServices)
    {
        var builder = HttpsServer.CreateBuilder(typeof(SamServer).Assembly.GetName().Name, kestrel => Listen(kestrel, options, tls, trust));
        addServices(builder.Services);
        builder.Services.AddRouting();
        Failures.Add(builder.Services);
        DatabaseAway.Add(builder.Services, SamRole.Name);
        builder.Services.AddSingleton(_ => new ToldSignIns(SignInsPerMinute));
        OpenApiDocumentation.Add(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            ProtocolJson.Apply(json.SerializerOptions);
            json.SerializerOptions.Converters.Add(new AnyObject());
        });
        builder.Services.AddAuthentication(CallerScheme)
            .AddPolicyScheme(CallerScheme, null, scheme => scheme.ForwardDefaultSelector = context =>
                context.Entrance() == Entrance.People ? SessionAuthentication.SchemeName : CertificateAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, CertificateAuthentication>(CertificateAuthentication.SchemeName, null);
        AddPasskeys(builder.Services, options.Web);
        builder.Services.AddAuthorization(Policies.Add);
        builder.Services.AddRateLimiter(LimitRates);
        var application = builder.Build();
        application.UseExceptionHandler();
        application.UseStatusCodePages();
        application.Use(new PeopleGuard(Hostnames(options), "Web:Hostname or Sam:Hostnames").CheckAsync);
        application.Use(Failures.RefuseMethodsAsync);
        application.UseRouting();
        application.Use(Failures.RefuseMediaTypesAsync);
        application.Use(Entrances.KeepApartAsync);
        application.UseAuthentication();
        application.UseAuthorization();
        application.UseRateLimiter();
        application.Use(Failures.RefuseNullCharactersAsync);
        EnrolmentApi.Map(application);
        ScannerApi.Map(application);
        RoleApi.Map(application);
        SessionApi.Map(application);
        AdminApi.Map(application);
        OpenApiDocumentation.Map(application);
        return application;
    }

    private static string[] Hostnames(SamOptions options) =>
        [options.Web.EffectiveHostname, .. options.Hostnames, .. options.Web.Address == "*" ? Array.Empty<string>() : [options.Web.Address]];

    private static void Listen(KestrelServerOptions kestrel, SamOptions options, Func<string, SslServerAuthenticationOptions> tls, (CertificateRegistry Registry, X509Certificate2 Authority) trust)
    {
        var connections = new LiveConnections(trust.Registry);
        HttpsServer.Listen(kestrel, options.Address, options.Port, listen =>
        {
            HttpsServer.Secure(listen, name => Optional(tls(name), trust));
            listen.Use(connections.Watch);
            listen.Mark(Entrance.Machines);
        });
        HttpsServer.Listen(kestrel, options.Web.Address, options.Web.Port, listen =>
        {
            HttpsServer.Secure(listen, name => HttpsServer.NotAsked(tls(name)));
            listen.Mark(Entrance.People);
        });
    }

    // A certificate need not be shown, for those who come to get one; but one that is shown must be good.
    private static SslServerAuthenticationOptions Optional(SslServerAuthenticationOptions options, (CertificateRegistry Registry, X509Certificate2 Authority) trust)
    {
        options.RemoteCertificateValidationCallback = (_, presented, chain, errors) =>
            presented is null || (errors == SslPolicyErrors.None && presented is X509Certificate2 peer && chain is not null && trust.Registry.Admits(ShownCertificate.Of(peer), EndsAt(chain, trust.Authority)));
        return options;
    }

    private static bool EndsAt(X509Chain chain, X509Certificate2 authority) => chain.ChainElements[^1].Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span);

    private static void AddPasskeys(IServiceCollection services, WebOptions web)
    {
        services.AddIdentityCore<User>().AddUserStore<PasskeyStore>();
        services.AddScoped<IPasskeyHandler<User>, PasskeyHandler<User>>().AddScoped<Passkeys>();
        services.Configure<IdentityPasskeyOptions>(passkeys =>
        {
            passkeys.ServerDomain = web.EffectiveHostname;
            passkeys.ResidentKeyRequirement = "required"; // the passkey alone says whose it is
            passkeys.UserVerificationRequirement = "required"; // and stands for both factors
            passkeys.ValidateOrigin = context => ValueTask.FromResult(!context.CrossOrigin && context.Origin == $"https://{context.HttpContext.Request.Host}");
        });
    }

    private static void LimitRates(Microsoft.AspNetCore.RateLimiting.RateLimiterOptions limits)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        Limit(EnrolmentApi.RateLimit, EnrolmentsPerMinute);
        Limit(SessionApi.RateLimit, SignInsPerMinute);

        void Limit(string policy, int perMinute) => limits.AddPolicy(policy, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = perMinute, Window = TimeSpan.FromMinutes(1) }));
    }
}

/// <summary>Connections that are open, with their certificates: a revocation ends them, idle ones too.</summary>
internal sealed class LiveConnections
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<ConnectionContext, ShownCertificate> _open = new();
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

        var shown = ShownCertificate.Of(certificate);
        connection.Features.Set(shown);
        _open[connection] = shown;
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
