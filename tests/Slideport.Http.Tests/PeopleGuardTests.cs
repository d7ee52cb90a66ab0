using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Protocol.Identity;

namespace Slideport.Http.Tests;

/// <summary>What holds for whatever a browser asks.</summary>
public sealed class PeopleGuardTests : IAsyncLifetime
{
    private const string Page = "default-src 'self'";

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-http-").FullName;
    private WebApplication? _server;
    private HttpClient? _http;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_says_nothing_else_runs_nothing_and_is_kept_nowhere()
    {
        using var answer = await _http!.GetAsync("plain", Cancel);

        Assert.Equal((HttpStatusCode.OK, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.StartsWith("default-src 'none'", Policy(answer), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task A_page_has_its_own_policy_and_says_how_long_it_is_kept()
    {
        using var answer = await _http!.GetAsync("page", Cancel);

        Assert.Equal((Page, "max-age=60"), (Policy(answer), answer.Headers.CacheControl?.ToString()));
    }

    [Fact]
    public async Task A_page_that_could_not_be_made_has_neither()
    {
        using var answer = await _http!.GetAsync("page?broken=true", Cancel);

        Assert.Equal((HttpStatusCode.BadRequest, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.StartsWith("default-src 'none'", Policy(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slides.example", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    public async Task Only_the_names_of_this_machine_are_answered_and_who_set_them_up_learns_where(string host, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "plain") { Headers = { Host = host } };

        using var answer = await _http!.SendAsync(request, Cancel);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected != HttpStatusCode.OK, (await answer.Content.ReadAsStringAsync(Cancel)).Contains("name it with Test:Hostname", StringComparison.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        using var authority = CertificateAuthority.OpenOrCreate(_folder);
        var certificate = SslStreamCertificateContext.Create(authority.Server("sam", "127.0.0.1", "slides.example", "evil.example"), null);
        var builder = HttpsServer.CreateBuilder(null, kestrel => HttpsServer.Listen(kestrel, "127.0.0.1", 0, listen =>
        {
            HttpsServer.Secure(listen, _ => new SslServerAuthenticationOptions { ServerCertificateContext = certificate });
            listen.Mark(Entrance.People);
        }));
        builder.Services.AddRouting();
        builder.Services.AddLogging();
        Failures.Add(builder.Services);
        _server = builder.Build();
        _server.UseExceptionHandler();
        _server.Use(new PeopleGuard(["slides.example"], "Test:Hostname").CheckAsync);
        _server.UseRouting();
        _server.MapGet("/plain", () => "");
        _server.MapGet("/page", (HttpContext context, bool broken = false) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            return broken ? throw new BadHttpRequestException("broken") : "";
        }).WithMetadata(new ContentSecurityPolicy(Page));
        await _server.StartAsync(Cancel);
        var address = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var trusted = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trusted.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.Certificate.RawData));
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = new() { CertificateChainPolicy = trusted }, UseProxy = false }) { BaseAddress = new Uri(address) };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Policy(HttpResponseMessage answer) => Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
}
