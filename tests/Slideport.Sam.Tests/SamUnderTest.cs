using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Slideport.Database;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;
using Slideport.Sam.Notifications;
using Slideport.Sam.Time;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests;

/// <summary>A SAM of its own on a free port, with an authority and a database in a temporary folder.</summary>
internal sealed class SamUnderTest : IAsyncDisposable
{
    private readonly DatabaseOptions _database;
    private readonly NotificationOptions _notifications;
    private readonly Func<SamOptions, SamOptions> _adjust;
    private readonly TimeProvider _time;
    private ILoggerProvider _log = new TestLog();
    private readonly Func<KernelClock?> _kernelClock;
    private readonly CertificatesUnderTest _certificates;
    private readonly List<IDisposable> _clients = [];
    private readonly List<SamRole> _otherNodes = [];
    private AuditOptions _audit = new();

    private SamUnderTest(
        string folder, DatabaseOptions database, NotificationOptions? notifications, Func<SamOptions, SamOptions>? adjust, (TimeProvider? Time, Func<KernelClock?>? Kernel) clock, CertificatesUnderTest? certificates)
    {
        _certificates = certificates ?? new CertificatesUnderTest();
        _notifications = notifications ?? new NotificationOptions();
        _adjust = adjust ?? (options => options);
        // Whether the machine's own clock is in step is not what the tests are about, unless they say so.
        (_time, _kernelClock) = (clock.Time ?? TimeProvider.System, clock.Kernel ?? (() => new KernelClock(TimeSpan.FromMilliseconds(5), false, false)));
        (Folder, _database) = (folder, database);
        Authority = CertificateAuthority.OpenOrCreate(Path.Join(Folder, "identity"), _certificates.AuthorityTime);
    }

    public string Folder { get; }

    public CertificateAuthority Authority { get; }

    public SamRole Role { get; private set; } = null!;

    public Uri Address => new($"https://localhost:{Role.LocalEndPoint!.Port}");

    /// <summary>Where people come in.</summary>
    public Uri WebAddress => new($"https://localhost:{Role.WebEndPoint!.Port}");

    /// <summary>Bytes left of the 1000 of each of its disks; how full the machine's own are is not what the tests are about.</summary>
    public long DiskFreeBytes { get; set; } = 500;

    public SamDatabases Databases => new(_database);

    public static async Task<SamUnderTest> StartAsync(
        TestDatabase database, NotificationOptions? notifications = null, Func<CertificateAuthority, AuditOptions>? audit = null, Func<SamOptions, SamOptions>? adjust = null, TimeProvider? time = null, Func<KernelClock?>? kernelClock = null, ILoggerProvider? log = null,
        CertificatesUnderTest? certificates = null)
    {
        var folder = Directory.CreateTempSubdirectory("slideport-sam-").FullName;
        var sam = new SamUnderTest(folder, await database.CreateAsync(folder), notifications, adjust, (time, kernelClock), certificates);
        sam._log = log ?? sam._log;
        sam._audit = audit?.Invoke(sam.Authority) ?? sam._audit;
        await sam.StartRoleAsync();
        return sam;
    }

    public async Task RestartAsync()
    {
        await Role.StopAsync(CancellationToken.None);
        await StartRoleAsync();
    }

    /// <summary>Starts another SAM on the same database, as on another machine: with a copy of the identities. Only a server's takes two.</summary>
    /// <returns>Where it listens.</returns>
    public async Task<Uri> StartAnotherNodeAsync()
    {
        var identity = Directory.CreateDirectory(Path.Join(Folder, $"identity-{_otherNodes.Count + 2}")).FullName;
        foreach (var file in Directory.GetFiles(Path.Join(Folder, "identity")))
            File.Copy(file, Path.Join(identity, Path.GetFileName(file)));
        var node = Create(identity);
        _otherNodes.Add(node);
        await node.StartAsync(TestContext.Current.CancellationToken);
        return new Uri($"https://localhost:{node.LocalEndPoint!.Port}");
    }

    /// <summary>HTTP as an administrator.</summary>
    public HttpClient Admin() => Http(Authority.Client("admin"));

    /// <summary>HTTP with a certificate, or without one.</summary>
    public HttpClient Http(X509Certificate2? certificate, Uri? address = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(certificate), UseProxy = false }) { BaseAddress = address ?? Address };
        _clients.Add(http);
        return http;
    }

    /// <summary>HTTP at the port for people, as a browser: it keeps cookies, and says which page it comes from.</summary>
    public HttpClient Browser()
    {
        var http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(null), UseProxy = false, CookieContainer = new System.Net.CookieContainer() }) { BaseAddress = WebAddress };
        http.DefaultRequestHeaders.Add("Origin", WebAddress.GetLeftPart(UriPartial.Authority));
        _clients.Add(http);
        return http;
    }

    /// <summary>Adds a scanner and enrols it, as a scanner would.</summary>
    public async Task<(SamClient Client, X509Certificate2 Certificate)> EnrolScannerAsync(string serialNumber)
    {
        using var http = Admin();
        var invitation = await http.PostAsync<InvitationText>("api/scanners", new { serialNumber, model = "GT 450" });
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await SamClient.EnrolAsync(Address, EnrolmentCode.TryParse(invitation.Code)!, key, TrustOnly, TestContext.Current.CancellationToken);
        using var bare = X509Certificate2.CreateFromPem(answer.Certificate);
        var certificate = bare.CopyWithPrivateKey(key);
        var client = new SamClient(Address, Tls(certificate));
        _clients.Add(client);
        return (client, certificate);
    }

    public SslClientAuthenticationOptions TrustOnly(X509Certificate2 authority) =>
        TlsPolicy.ForClient("localhost", [X509CertificateLoader.LoadCertificate(authority.RawData)], null);

    public SslClientAuthenticationOptions Tls(X509Certificate2? certificate) => TlsPolicy.ForClient("localhost", Authority.Roots, certificate);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        foreach (var node in _otherNodes)
            await node.StopAsync(CancellationToken.None);
        await Role.StopAsync(CancellationToken.None);
        Authority.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task StartRoleAsync()
    {
        Role = Create(Path.Join(Folder, "identity"));
        await Role.StartAsync(TestContext.Current.CancellationToken);
    }

    private SamRole Create(string identity)
    {
        var server = SslStreamCertificateContext.Create(Authority.Server("sam"), null, offline: true);
        var clients = new ClientTrust(Authority.Roots) { FurtherAuthorities = _certificates.Further };
        return new SamRole(
            _adjust(new SamOptions { Address = "127.0.0.1", Port = 0, Web = new WebOptions { Address = "127.0.0.1", Port = 0, Hostname = "localhost" }, Users = new UserOptions { HashIterations = 1000 }, Database = _database, Notifications = _notifications, Audit = _audit, Time = new TimeOptions { Port = 0 } }), CertificateAuthority.OpenOrCreate(identity, _certificates.AuthorityTime),
            new SamTls(_ => TlsPolicy.ForServer(server, clients), host => TlsPolicy.ForClient(host, Authority.Roots, Authority.Client("sam")))
            {
                FurtherAuthorities = () => _certificates.Further,
            },
            _time, LoggerFactory.Create(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(_log)))
        {
            KernelClock = _kernelClock,
            DiskSpace = _ => new DiskSpace(DiskFreeBytes, 1000),
        };
    }

    internal sealed record InvitationText(string Holder, string Code, DateTimeOffset ExpiresAt);
}

/// <summary>What a test's certificates are like.</summary>
internal sealed record CertificatesUnderTest
{
    /// <summary>When the authority issues them; null: now.</summary>
    public TimeProvider? AuthorityTime { get; init; }

    /// <summary>Further authorities, of certificates that are registered one by one.</summary>
    public X509Certificate2Collection Further { get; init; } = [];
}

internal static class HttpText
{
    public static async Task<T> PostAsync<T>(this HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (await response.Content.ReadFromJsonAsync<T>(TestContext.Current.CancellationToken))!;
    }
}
