using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Database;
using Slideport.Dicom.UpperLayer;
using Slideport.ImageStore.Local;
using Slideport.Protocol;
using Slideport.Protocol.Identity;

namespace Slideport.Dsr.Tests;

/// <summary>A DSR of its own on free ports, with a SAM, an image file system and a database in a temporary folder.</summary>
internal sealed class DsrUnderTest : IAsyncDisposable
{
    private readonly DatabaseOptions _database;
    private readonly Func<DsrOptions, DsrOptions> _adjust;
    private readonly List<HttpClient> _clients = [];

    private DsrUnderTest(string folder, CertificateAuthority authority, DatabaseOptions database, Func<DsrOptions, DsrOptions>? adjust, SamStandIn sam)
    {
        (Folder, Authority, Sam, _database) = (folder, authority, sam, database);
        _adjust = adjust ?? (options => options);
    }

    public string Folder { get; }

    public CertificateAuthority Authority { get; }

    public SamStandIn Sam { get; }

    public DsrRole Role { get; private set; } = null!;

    /// <summary>The image file system.</summary>
    public string Images => Path.Join(Folder, "images");

    public Uri WebAddress => new($"https://localhost:{Role.WebEndPoint!.Port}");

    public static async Task<DsrUnderTest> StartAsync(TestDatabase? database = null, Func<DsrOptions, DsrOptions>? adjust = null, bool founded = true)
    {
        var folder = Directory.CreateTempSubdirectory("slideport-dsr-").FullName;
        var authority = CertificateAuthority.OpenOrCreate(Path.Join(folder, "identity"));
        var options = database is null ? new DatabaseOptions { ConnectionString = $"Data Source={Path.Join(folder, "dsr.db")}" } : await database.CreateAsync(folder);
        var dsr = new DsrUnderTest(folder, authority, options, adjust, await SamStandIn.StartAsync(authority));
        Directory.CreateDirectory(dsr.Images);
        if (founded)
            await new LocalImageStore(dsr.Images).CheckAsync(null, TestContext.Current.CancellationToken);
        await dsr.StartRoleAsync();
        return dsr;
    }

    /// <summary>Ends it and starts it again on what it has left.</summary>
    public async Task RestartAsync()
    {
        await Role.StopAsync(CancellationToken.None);
        await StartRoleAsync();
    }

    /// <summary>HTTP at the port for SAM, with a certificate for a role; null: without one.</summary>
    public HttpClient Machine(string? role) => Remember(new HttpClient(new SocketsHttpHandler { SslOptions = Tls(role is null ? null : Authority.Client(role)), UseProxy = false })
    {
        BaseAddress = new Uri($"https://localhost:{Role.LocalEndPoint!.Port}"),
    });

    /// <summary>HTTP at the port for people, as a browser that has logged in at SAM; null: has not.</summary>
    public HttpClient Browser(string? role, string limit = "none")
    {
        var cookies = new CookieContainer();
        if (role is not null)
            cookies.Add(WebAddress, new Cookie("__Host-slideport", Sam.Begin(role, limit).Token) { Secure = true });
        var http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(null), UseProxy = false, CookieContainer = cookies }) { BaseAddress = WebAddress };
        http.DefaultRequestHeaders.Add("Origin", WebAddress.GetLeftPart(UriPartial.Authority));
        return Remember(http);
    }

    /// <summary>HTTP at the port for people, as a script with a token.</summary>
    public HttpClient Script(string role)
    {
        var http = Remember(new HttpClient(new SocketsHttpHandler { SslOptions = Tls(null), UseProxy = false }) { BaseAddress = WebAddress });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Sam.Begin(role).Token);
        return http;
    }

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Role.StopAsync(CancellationToken.None);
        await Sam.DisposeAsync();
        Authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task StartRoleAsync()
    {
        var options = _adjust(new DsrOptions { Address = "127.0.0.1", Port = 0, WebAddress = "127.0.0.1", WebPort = 0, Locations = [Images], WorkFolder = Path.Join(Folder, "dsr"), ShareCredentialsFolder = Path.Join(Folder, "smb"), Database = _database });
        var server = Authority.Server("dsr");
        var client = System.Net.Security.SslStreamCertificateContext.Create(Authority.Client("dsr"), null, offline: true);
        Role = new DsrRole(
            options, new DsrTls(_ => TlsPolicy.ForServer(server, Authority.Roots)), new SamAddress(() => Sam.Address, host => TlsPolicy.ForClient(host, client, Authority.Roots)), TimeProvider.System, NullLoggerFactory.Instance);
        await Role.StartAsync(TestContext.Current.CancellationToken);
    }

    private System.Net.Security.SslClientAuthenticationOptions Tls(X509Certificate2? certificate) => TlsPolicy.ForClient("localhost", Authority.Roots, certificate);

    private HttpClient Remember(HttpClient http)
    {
        _clients.Add(http);
        return http;
    }
}

internal static class HttpText
{
    public static async Task<JsonNode> GetJsonAsync(this HttpClient http, string path)
    {
        using var response = await http.GetAsync(path, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public static async Task<HttpStatusCode> StatusAsync(this HttpClient http, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
