using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Slideport.Dicom.UpperLayer;
using Slideport.Hosting;
using Slideport.Protocol.Identity;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary>The API of SAM or of the DSR for the commands that administer it. Whoever can read the data folder's identity is its administrator.</summary>
internal sealed class AdminClient : IDisposable
{
    private static readonly Option<string> Address = new("--sam")
    {
        Description = "Where SAM is.",
        HelpName = "host:port",
        DefaultValueFactory = _ => "localhost:44386",
    };

    private static readonly Option<string> DsrAddress = new("--dsr")
    {
        Description = "Where the DSR is.",
        HelpName = "host:port",
        DefaultValueFactory = _ => "localhost:44387",
    };

    private readonly HttpClient _http;
    private readonly string _who;

    private AdminClient(HttpClient http, string who) => (_http, _who) = (http, who);

    /// <summary>Gives a command the option that says where SAM is.</summary>
    public static void AddTo(Command command) => command.Options.Add(Address);

    /// <summary>Gives a command the option that says where the DSR is.</summary>
    public static void AddDsrTo(Command command) => command.Options.Add(DsrAddress);

    /// <summary>A client for SAM with the administrator's certificate of the installation in <c>--data</c>.</summary>
    public static AdminClient Open(ParseResult parsed) => Open(parsed, "SAM", MachineNames.Sam, parsed.GetValue(Address)!);

    /// <summary>The same for the DSR.</summary>
    public static AdminClient OpenDsr(ParseResult parsed) => Open(parsed, "The DSR", MachineNames.Of(Roles.Dsr), parsed.GetValue(DsrAddress)!);

    private static AdminClient Open(ParseResult parsed, string who, string name, string address)
    {
        var (host, port) = TargetOptions.ParseHostAndPort(address);
        var identity = SlideportSettings.IdentityFolder(parsed.GetValue(GlobalOptions.Data)!);
        if (!File.Exists(Path.Join(identity, "ca.key")))
            throw new UsageException($"There is no installation in {Path.GetDirectoryName(identity)}; give its folder with --data, and run this as the user it runs as.");
        using var authority = CertificateAuthority.OpenOrCreate(identity);
        var root = X509CertificateLoader.LoadCertificate(authority.Certificate.RawData);
        var handler = new SocketsHttpHandler { SslOptions = TlsPolicy.ForClient(host, [root], authority.Client("admin")), UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(15) };
        // A whole audit trail may take its time; Ctrl+C ends it.
        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, BaseAddress = new UriBuilder(Uri.UriSchemeHttps, host, port).Uri };
        http.DefaultRequestHeaders.Host = name; // what TLS asks for and compares, whatever certificate the site has installed
        return new AdminClient(http, $"{who} at {address}");
    }

    /// <summary>Asks, and gives the answer's JSON; null when there is none.</summary>
    /// <exception cref="UsageException">It says what is wrong with the question.</exception>
    /// <exception cref="IOException">It cannot be reached, or failed.</exception>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw Failure(response.StatusCode, text);
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>Asks, and copies the answer as it comes.</summary>
    /// <exception cref="UsageException">It says what is wrong with the question.</exception>
    /// <exception cref="IOException">It cannot be reached, or failed; what was copied is not all.</exception>
    public async Task CopyAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw Failure(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
            await response.Content.CopyToAsync(target, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
    }

    public void Dispose() => _http.Dispose();

    private Exception Failure(HttpStatusCode status, string text)
    {
        var sentence = Sentence(text.Length == 0 ? null : JsonNode.Parse(text)) ?? $"{_who} answered {(int)status}.";
        return status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError ? new UsageException(sentence) : new IOException(sentence);
    }

    private IOException Unreachable(HttpRequestException e) =>
        new($"{_who} cannot be asked: {(e.InnerException ?? e).Message} Is 'slideport serve' running there?", e);

    private static string? Sentence(JsonNode? problem)
    {
        var errors = problem?["errors"] as JsonArray;
        return errors is { Count: > 0 } ? string.Join(' ', errors.Select(e => $"{e?["field"]}: {e?["message"]}")) : (string?)problem?["detail"] ?? (string?)problem?["title"];
    }
}
