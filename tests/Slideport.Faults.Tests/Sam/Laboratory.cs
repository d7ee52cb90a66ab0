using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Events;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Status;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>
/// Who speaks with a SAM: an administrator, a scanner and an event server. Each goes on until SAM is gone, remembers what was acknowledged, and
/// sends the rest again to the next SAM, as machines do.
/// </summary>
internal sealed class Laboratory(string data) : IDisposable
{
    internal const string Serial = "SS1";

    private const string Pin = "739164";

    private readonly CertificateAuthority _authority = CertificateAuthority.OpenOrCreate(Path.Join(data, "identity"));
    private X509Certificate2? _scanner;
    private int _images;
    private int _events;
    private int _changes;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Ids of the images SAM has acknowledged.</summary>
    internal ConcurrentQueue<string> Images { get; } = new();

    /// <summary>Ids of the events SAM has acknowledged.</summary>
    internal ConcurrentQueue<string> Events { get; } = new();

    /// <summary>Reasons of the changes of configuration SAM has acknowledged.</summary>
    internal ConcurrentQueue<string> Changes { get; } = new();

    /// <summary>How many PINs SAM has let in, and how many were asked about.</summary>
    internal (int LetIn, int Asked) Pins => (_letIn, _asked);

    private int _letIn;
    private int _asked;

    /// <summary>How often anything was acknowledged.</summary>
    internal int Acknowledged => Images.Count + Events.Count + Changes.Count + _letIn;

    /// <summary>A scanner, a user with a PIN, and a DSR.</summary>
    internal async Task SetUpAsync(Uri sam, int? dsr = null)
    {
        using var admin = Admin(sam);
        _scanner = await EnrolAsync(sam, admin, Serial);
        var user = await SendAsync(admin, HttpMethod.Post, "api/users", new { name = "anna", role = "operator", password = "three giraffes on the roof" });
        await SendAsync(admin, HttpMethod.Put, $"api/scanners/{Serial}/pins/{user!["id"]}", new { pin = Pin });
        if (dsr is { } port)
            await SendAsync(admin, HttpMethod.Patch, "api/configuration/defaults?reason=dsr", new { dsr = new { hostname = "127.0.0.1", port, tls = false } });
    }

    internal HttpClient Admin(Uri sam) => Http(sam, _authority.Client("admin"));

    internal HttpClient ScannerHttp(Uri sam) => Http(sam, _scanner);

    internal SamClient Scanner(Uri sam) => new(sam, Tls(_scanner));

    /// <summary>Adds a scanner and enrols it.</summary>
    internal static async Task<X509Certificate2> EnrolAsync(Uri sam, HttpClient admin, string serialNumber)
    {
        var invitation = await SendAsync(admin, HttpMethod.Post, "api/scanners", new { serialNumber, model = "GT 450" });
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await SamClient.EnrolAsync(
            sam, EnrolmentCode.TryParse((string)invitation!["code"]!)!, key, authority => TlsPolicy.ForClient("localhost", [X509CertificateLoader.LoadCertificate(authority.RawData)], null), Cancel);
        using var bare = X509Certificate2.CreateFromPem(answer.Certificate);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>All of them speak at once until SAM is gone, or they are told to end.</summary>
    internal async Task SpeakAsync(Uri sam, CancellationToken end)
    {
        using var scanner = Scanner(sam);
        using var admin = Admin(sam);
        using var events = new SamRoleClient(sam, Tls(_authority.Client("events")));
        await Task.WhenAll(
            UntilGoneAsync(async () =>
            {
                await scanner.PutImageAsync(TestImage.Of($"I{_images}"), Cancel);
                Images.Enqueue($"I{_images++}");
            }, end),
            UntilGoneAsync(async () =>
            {
                await events.TellAsync([Event($"E{_events}")], Cancel);
                Events.Enqueue($"E{_events++}");
            }, end),
            UntilGoneAsync(async () =>
            {
                await SendAsync(admin, HttpMethod.Patch, $"api/configuration/defaults?reason=C{_changes}", new { basic = new { heartbeatSeconds = 10 + (_changes % 50) } });
                Changes.Enqueue($"C{_changes++}");
            }, end),
            UntilGoneAsync(async () =>
            {
                await AcknowledgeConfigurationAsync(scanner);
                Interlocked.Increment(ref _asked);
                await scanner.EnterPinAsync(Pin, Cancel);
                Interlocked.Increment(ref _letIn);
            }, end));
    }

    /// <summary>The scanner gets its configuration and says that it runs it.</summary>
    /// <returns>Its version.</returns>
    internal static async Task<long> AcknowledgeConfigurationAsync(SamClient scanner)
    {
        var configuration = (await scanner.GetConfigurationAsync(null, TimeSpan.Zero, Cancel))!;
        await scanner.ReportAsync(new ScannerStatus { State = ScannerState.Idle, ConfigurationVersion = configuration.Version }, Cancel);
        return configuration.Version;
    }

    internal static async Task<JsonNode?> SendAsync(HttpClient http, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>Waits until something holds.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < ChildProcess.Patience, "It did not come to pass in time.");
            await Task.Delay(20, Cancel);
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _scanner?.Dispose();
    }

    private static async Task UntilGoneAsync(Func<Task> speak, CancellationToken end)
    {
        try
        {
            while (!end.IsCancellationRequested)
                await speak();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // SAM was killed: what it has not acknowledged is sent to the next one.
        }
    }

    private static ScannerEvent Event(string id) => new()
    {
        Id = id,
        SerialNumber = Serial,
        OccurredAt = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        ReceivedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 1, TimeSpan.Zero),
        Severity = EventSeverity.Error,
        Code = "focus.lost",
    };

    private HttpClient Http(Uri sam, X509Certificate2? certificate) =>
        new(new SocketsHttpHandler { SslOptions = Tls(certificate), UseProxy = false }) { BaseAddress = sam, Timeout = ChildProcess.Patience };

    private System.Net.Security.SslClientAuthenticationOptions Tls(X509Certificate2? certificate) => TlsPolicy.ForClient("localhost", _authority.Roots, certificate);
}
