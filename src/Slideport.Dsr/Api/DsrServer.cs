using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Dsr.DeepZoom;
using Slideport.Dsr.DicomWeb;
using Slideport.Dsr.Iiif;
using Slideport.Dsr.Ingest;
using Slideport.Dsr.Integrity;
using Slideport.Dsr.Pages;
using Slideport.Dsr.Retention;
using Slideport.Dsr.Sam;
using Slideport.Dsr.Viewing;
using Slideport.Http;
using Slideport.Protocol;

namespace Slideport.Dsr.Api;

/// <summary>The DSR's two entrances: one for SAM, with its certificate; one for people, with SAM's sessions and nothing open but logging in and the pages' own files.</summary>
internal static class DsrServer
{
    private const string CallerScheme = "caller";
    private const int SignInsPerMinute = 20;

    /// <summary>Builds the server on the services of the role.</summary>
    internal static WebApplication Build(DsrOptions options, DsrTls tls, RevokedCertificates revoked, Action<IServiceCollection> addServices)
    {
        var builder = HttpsServer.CreateBuilder(typeof(DsrServer).Assembly.GetName().Name, kestrel => Listen(kestrel, options, tls.Server, revoked));
        // A page of memory for each connection, though it be idle, and a system call less for each request.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false);
        addServices(builder.Services);
        DicomWebApi.Add(builder.Services);
        builder.Services.AddRouting();
        Failures.Add(builder.Services);
        builder.Services.AddExceptionHandler<SamAway>();
        DatabaseAway.Add(builder.Services, DsrRole.Name);
        OpenApiDocumentation.Add(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json => ProtocolJson.Apply(json.SerializerOptions));
        builder.Services.AddAuthentication(CallerScheme)
            .AddPolicyScheme(CallerScheme, null, scheme => scheme.ForwardDefaultSelector = context =>
                context.Entrance() == Entrance.People ? SessionAuthentication.SchemeName : SamAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SamAuthentication>(SamAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null);
        builder.Services.AddAuthorization(Policies.Add);
        builder.Services.AddRateLimiter(LimitRates);
        var application = builder.Build();
        application.UseExceptionHandler();
        application.UseStatusCodePages();
        application.Use(new PeopleGuard(options.WebAddress == "*" ? options.Hostnames : [.. options.Hostnames, options.WebAddress], "Dsr:Hostnames").CheckAsync);
        application.Use(Failures.RefuseMethodsAsync);
        application.UseRouting();
        application.Use(Failures.RefuseMediaTypesAsync);
        application.Use(Entrances.KeepApartAsync);
        application.Use(Failures.RefuseNullCharactersAsync);
        application.Use(new LookingOn(application.Services.GetRequiredService<People>()).GoOnAsync);
        application.UseAuthentication();
        application.UseAuthorization();
        application.UseRateLimiter();
        Map(application);
        return application;
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        ImageIntake.Map(routes);
        SessionApi.Map(routes);
        PageFiles.Map(routes);
        var api = routes.MapGroup("/api").RequireAuthorization(Policies.View);
        SlideApi.Map(api);
        CollectionApi.Map(api);
        LocationApi.Map(api);
        DownloadApi.Map(api);
        RemovalApi.Map(api);
        OpenApiDocumentation.Map(api);
        var viewing = routes.MapGroup("").RequireAuthorization(Policies.View).AddEndpointFilter(NoteOpeningAsync);
        ViewerApi.Map(viewing);
        DeepZoomApi.Map(viewing);
        IiifApi.Map(viewing);
        DicomWebApi.Map(viewing);
    }

    // Who looks at a slide has opened it, by whichever of the ways; the pictures of a list are none. DICOMweb, where a slide has other names, notes it itself.
    private static async ValueTask<object?> NoteOpeningAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (context.GetRouteValue("id") is string id && context.GetRouteValue("kind") is null)
            await context.RequestServices.GetRequiredService<Openings>().NoteAsync(id, (Policies.NameOf(context.User), context.Source(), "view"), context.RequestAborted);
        return await next(invocation);
    }

    private static void Listen(KestrelServerOptions kestrel, DsrOptions options, Func<string, SslServerAuthenticationOptions> tls, RevokedCertificates revoked)
    {
        var connections = new LiveConnections(revoked);
        HttpsServer.Listen(kestrel, options.Address, options.Port, listen =>
        {
            HttpsServer.Secure(listen, name => NotRevoked(tls(name), revoked));
            listen.Use(connections.Watch);
            listen.Mark(Entrance.Machines);
        });
        HttpsServer.Listen(kestrel, options.WebAddress, options.WebPort, listen =>
        {
            HttpsServer.Secure(listen, name => HttpsServer.NotAsked(tls(name)));
            listen.Mark(Entrance.People);
        });
    }

    private static SslServerAuthenticationOptions NotRevoked(SslServerAuthenticationOptions options, RevokedCertificates revoked)
    {
        var trusted = options.RemoteCertificateValidationCallback;
        options.RemoteCertificateValidationCallback = (sender, presented, chain, errors) =>
            presented is X509Certificate2 certificate && !revoked.Contains(certificate) && (trusted?.Invoke(sender, presented, chain, errors) ?? errors == SslPolicyErrors.None);
        return options;
    }

    private static void LimitRates(RateLimiterOptions limits)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.AddPolicy(SessionApi.RateLimit, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Source(), _ => new FixedWindowRateLimiterOptions { PermitLimit = SignInsPerMinute, Window = TimeSpan.FromMinutes(1) }));
    }
}
