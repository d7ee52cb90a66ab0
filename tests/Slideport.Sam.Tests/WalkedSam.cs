using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Slideport.Sam.Api;
using Slideport.Sam.Identity;
using Slideport.Sam.Tests.Users;

namespace Slideport.Sam.Tests;

/// <summary>A SAM with somebody of every kind, each at his door, to walk its API with.</summary>
internal sealed partial class WalkedSam : IAsyncDisposable
{
    private int _sources;

    private WalkedSam(SamUnderTest sam, IReadOnlyList<ApiOperation> operations) => (Sam, Operations) = (sam, operations);

    public SamUnderTest Sam { get; }

    /// <summary>All operations, as the document that is served names them.</summary>
    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>Of scanner SS1.</summary>
    public X509Certificate2 Scanner { get; private init; } = null!;

    /// <summary>Of scanner SS2.</summary>
    public X509Certificate2 OtherScanner { get; private init; } = null!;

    /// <summary>Of scanner SS3; revoked.</summary>
    public X509Certificate2 Revoked { get; private init; } = null!;

    /// <summary>A session of a Lab Admin.</summary>
    public string LabAdmin { get; private init; } = "";

    /// <summary>A session of an operator.</summary>
    public string Operator { get; private init; } = "";

    private string VictimId { get; init; } = "";

    public static async Task<WalkedSam> StartAsync(TestDatabase database)
    {
        var sam = await SamUnderTest.StartAsync(database, adjust: o => o with { Users = o.Users with { LockAfter = 100 } });
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var (_, other) = await sam.EnrolScannerAsync("SS2");
        var (_, revoked) = await sam.EnrolScannerAsync("SS3");
        using var admin = sam.Admin();
        await admin.PostAsync<SamUnderTest.InvitationText>("api/scanners", new { serialNumber = "SS9" });
        using var revocation = await admin.PostAsJsonAsync($"api/certificates/{Holders.Thumbprint(revoked)}/revoke", new { reason = "lost" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, revocation.StatusCode);
        await sam.AddUserAsync("anna", "labAdmin");
        await sam.AddUserAsync("bert", "operator");
        var victim = await sam.AddUserAsync("carl", "operator");
        var document = JsonNode.Parse(await admin.GetStringAsync("api/openapi/sam.json", TestContext.Current.CancellationToken))!;
        return new WalkedSam(sam, ApiOperation.All(document))
        {
            Scanner = scanner,
            OtherScanner = other,
            Revoked = revoked,
            LabAdmin = await SignInTests.TokenAsync(sam, "anna"),
            Operator = await SignInTests.TokenAsync(sam, "bert"),
            VictimId = victim.ToString(),
        };
    }

    /// <summary>Parameters that name what there is.</summary>
    public Func<string, string?> Given(ApiOperation operation) => name => name switch
    {
        "serialNumber" => operation.Path.Contains("{serialNumber}", StringComparison.Ordinal) ? "SS9" : null,
        "id" when operation.Path.StartsWith("/api/users/", StringComparison.Ordinal) => VictimId,
        "userId" => VictimId,
        "thumbprint" => Holders.Thumbprint(OtherScanner),
        "name" when operation.Path.StartsWith("/api/roles/", StringComparison.Ordinal) => "converter",
        _ => null,
    };

    /// <summary>Whether anybody may come there.</summary>
    public static bool IsOpen(ApiOperation operation) =>
        operation is { Path: "/authority" or "/enrol" or "/api/session/passkey/options" or "/api/session/passkey" or "/api/first-admin" } or { Path: "/api/session", Method: "POST" };

    /// <summary>Whether it is there at the port for people only.</summary>
    public static bool IsForPeopleOnly(ApiOperation operation) => operation.Path.StartsWith("/api/session", StringComparison.Ordinal) || operation.Path == "/api/first-admin";

    /// <summary>Whether it is there at the port for machines only.</summary>
    public static bool IsForMachinesOnly(ApiOperation operation) => !operation.Path.StartsWith("/api/", StringComparison.Ordinal);

    /// <summary>Whether people may come there without a session.</summary>
    public static bool IsOpenToPeople(ApiOperation operation) => IsOpen(operation) && IsForPeopleOnly(operation);

    /// <summary>Whether an operator, who may only look, is not let in there.</summary>
    public bool IsBeyondOperators(ApiOperation operation) => Sam.Role.Endpoints.OfType<RouteEndpoint>()
        .Single(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains(operation.Method) && Constraint().Replace(e.RoutePattern.RawText!, "}").TrimEnd('/') == operation.Path)
        .Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy is Policies.Admin or Policies.Service);

    /// <summary>Whoever belongs there.</summary>
    public HttpClient RightCaller(ApiOperation operation)
    {
        if (IsForPeopleOnly(operation))
            return Bearing(IsOpen(operation) ? null : LabAdmin);
        if (IsOpen(operation))
            return Showing(null);
        if (operation.Path.StartsWith("/scanner/", StringComparison.Ordinal))
            return Showing(Scanner);
        if (operation.Path.StartsWith("/api/", StringComparison.Ordinal))
            return Showing(Sam.Authority.Client("admin"));
        return Showing(Sam.Authority.Client(operation.Path switch { "/role/events" => "events", "/role/slides" or "/role/openings" or "/role/sessions" or "/role/sessions/find" or "/role/sessions/end" or "/role/sessions/password" => "dsr", _ => "converter" }));
    }

    /// <summary>At the port for machines, with a certificate or without one.</summary>
    public HttpClient Showing(X509Certificate2? certificate) => From(certificate, Sam.Address);

    /// <summary>At the port for people, with a session or without one.</summary>
    public HttpClient Bearing(string? token)
    {
        var http = From(null, Sam.WebAddress);
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }

    [GeneratedRegex(":[a-z]+}", RegexOptions.NonBacktracking)]
    private static partial Regex Constraint();

    public ValueTask DisposeAsync() => Sam.DisposeAsync();

    // From an address of its own each: doors that let few in per minute count them by address.
    private HttpClient From(X509Certificate2? certificate, Uri address)
    {
        var number = Interlocked.Increment(ref _sources);
        var source = new IPAddress([127, 1, (byte)(number / 256), (byte)(number % 256)]);
        var handler = new SocketsHttpHandler
        {
            SslOptions = Sam.Tls(certificate),
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(source, 0));
                    await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler) { BaseAddress = address };
    }
}
