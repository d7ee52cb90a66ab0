using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;

namespace Slideport.Bench;

/// <summary>SAM and the DSR in one process, and somebody who has logged in there, as a script does.</summary>
internal sealed class DsrServer : IDisposable
{
    private const string Password = "correct horse battery staple";

    private readonly ChildProcess _process;

    private DsrServer(ChildProcess process, Uri web, HttpClient http, string token) => (_process, Web, Http, Token) = (process, web, http, token);

    /// <summary>Where people look at slides.</summary>
    internal Uri Web { get; }

    /// <summary>The one who has logged in.</summary>
    internal HttpClient Http { get; }

    /// <summary>His session's token.</summary>
    internal string Token { get; }

    /// <summary>Starts it and logs in.</summary>
    /// <param name="program">The slideport executable.</param>
    /// <param name="data">Its data folder, with the identity of the authority.</param>
    /// <param name="authority">Who lets the administrator in.</param>
    /// <param name="settings">Settings of the DSR.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<DsrServer> StartAsync(string program, string data, CertificateAuthority authority, string[] settings, CancellationToken cancellationToken)
    {
        var (sam, samWeb, dsr, web) = (ChildProcess.FreePort(), ChildProcess.FreePort(), ChildProcess.FreePort(), ChildProcess.FreePort());
        string Port(string key, int port) => string.Create(CultureInfo.InvariantCulture, $"--{key}={port}");
        var process = ChildProcess.Start(program,
        [
            "serve", "--roles", "sam,dsr", "--data", data, "--Sam:Address=127.0.0.1", Port("Sam:Port", sam), "--Web:Address=127.0.0.1", Port("Web:Port", samWeb),
            "--Dsr:Address=127.0.0.1", Port("Dsr:Port", dsr), "--Dsr:WebAddress=127.0.0.1", Port("Dsr:WebPort", web), "--Dsr:ScrubInterval=0",
            "--Monitoring:Port=0", "--Time:Serve=false", .. settings,
        ]);
        try
        {
            foreach (var port in new[] { sam, samWeb, web })
                await process.WaitForPortAsync(port, cancellationToken);
            await AddUserAsync(sam, samWeb, authority, cancellationToken);
            var http = Client(web, authority, null);
            var session = await PostAsync(http, "api/session", new { name = UserOf(sam), password = Password, bearer = true }, cancellationToken);
            var token = (string)session!["token"]!;
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return new DsrServer(process, http.BaseAddress!, http, token);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>The slide of a file, once it is in the catalogue.</summary>
    internal async Task<string> FindAsync(string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await Http.GetFromJsonAsync<JsonNode>("api/slides?state=present", cancellationToken);
            if (((JsonArray)page!["slides"]!).FirstOrDefault(s => (string)s!["name"]! == file) is { } slide)
                return (string)slide["id"]!;
            await Task.Delay(100, cancellationToken);
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
    }

    // One for each start: the database may be the one of the start before.
    private static string UserOf(int port) => string.Create(CultureInfo.InvariantCulture, $"bench{port}");

    // Whoever is new changes the password first.
    private static async Task AddUserAsync(int sam, int samWeb, CertificateAuthority authority, CancellationToken cancellationToken)
    {
        const string First = Password + " at first";
        using var admin = Client(sam, authority, "admin");
        await PostAsync(admin, "api/users", new { name = UserOf(sam), password = First, role = "operator", fullName = "Bench" }, cancellationToken);
        using var person = Client(samWeb, authority, null);
        var session = await PostAsync(person, "api/session", new { name = UserOf(sam), password = First, bearer = true }, cancellationToken);
        person.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)session!["token"]!);
        using var changed = await person.PutAsJsonAsync("api/session/password", new { currentPassword = First, password = Password }, cancellationToken);
        await RequireAsync(changed, cancellationToken);
    }

    private static HttpClient Client(int port, CertificateAuthority authority, string? role)
    {
        var tls = TlsPolicy.ForClient("127.0.0.1", authority.Roots, role is null ? null : authority.Client(role));
        return new HttpClient(new SocketsHttpHandler { SslOptions = tls, UseProxy = false }) { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}")) };
    }

    private static async Task<JsonNode?> PostAsync(HttpClient http, string path, object body, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsJsonAsync(path, body, cancellationToken);
        await RequireAsync(answer, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    private static async Task RequireAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{answer.RequestMessage!.RequestUri} says {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
    }
}
