using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Pins;
using Slideport.Protocol.Status;

namespace Slideport.Protocol;

/// <summary>The other end of SAM's DataServer (flows F3 and F7): what a scanner asks and tells. Safe for concurrent use.</summary>
public sealed class SamClient : IDisposable
{
    /// <summary>How long SAM waits for a change before it answers, at most.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private const int MaxAnswerBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    /// <summary>A client for one SAM.</summary>
    /// <param name="address"><c>https://host:44386</c>.</param>
    /// <param name="tls">Whom to trust, and our certificate.</param>
    public SamClient(Uri address, SslClientAuthenticationOptions tls) => _http = SamHttp.Create(address, tls, MaxAnswerBytes);

    /// <summary>Gets the certificate of a machine that nobody connects to, a scanner, for a one-time code.</summary>
    /// <param name="address"><c>https://host:44386</c>.</param>
    /// <param name="code">The code.</param>
    /// <param name="key">The machine's key, ECDSA P-256.</param>
    /// <param name="trustOnly">Makes TLS options that trust one authority.</param>
    /// <param name="cancellationToken">Gives up; asking again with the same key gets the same answer.</param>
    /// <exception cref="SamException">SAM refused, or is not the one of the code.</exception>
    public static Task<EnrolmentAnswer> EnrolAsync(
        Uri address, EnrolmentCode code, ECDsa key, Func<X509Certificate2, SslClientAuthenticationOptions> trustOnly, CancellationToken cancellationToken) =>
        EnrolAsync(address, new CodeRequest(code, []), key, trustOnly, cancellationToken);

    /// <summary>Gets this machine's certificate for a one-time code. The key never leaves the machine, the code goes only to the SAM it was made by.</summary>
    /// <param name="address"><c>https://host:44386</c>.</param>
    /// <param name="request">The code, and the machine's names if it is connected to.</param>
    /// <param name="key">The machine's key, ECDSA P-256.</param>
    /// <param name="trustOnly">Makes TLS options that trust one authority.</param>
    /// <param name="cancellationToken">Gives up; asking again with the same key gets the same answer.</param>
    /// <exception cref="SamException">SAM refused, or is not the one of the code.</exception>
    public static async Task<EnrolmentAnswer> EnrolAsync(
        Uri address, CodeRequest request, ECDsa key, Func<X509Certificate2, SslClientAuthenticationOptions> trustOnly, CancellationToken cancellationToken)
    {
        using var authority = await FindAuthorityAsync(address, cancellationToken);
        if (!request.Code.IsFor(authority))
            throw new SamException(HttpStatusCode.Forbidden, $"{address.Host} is not the SAM that made this code; nothing was sent to it.", []);
        using var http = SamHttp.Create(address, trustOnly(authority), MaxAnswerBytes);
        var signing = new CertificateRequest("CN=enrolment", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var response = await http.PostAsJsonAsync(
            "enrol", new EnrolmentRequest(request.Code.ToString(), signing, request.Hosts), ProtocolJson.Options, cancellationToken);
        return await SamHttp.ReadAsync<EnrolmentAnswer>(response, cancellationToken);
    }

    /// <summary>The scanner's configuration; with a tag of an earlier answer, the next one that differs.</summary>
    /// <param name="tag">From the last answer; null to be answered at once.</param>
    /// <param name="wait">How long to wait for a change, at most <see cref="LongestWait"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when nothing has changed.</returns>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<ConfigurationAnswer?> GetConfigurationAsync(string? tag, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"scanner/configuration?wait={(int)wait.TotalSeconds}"));
        if (tag is not null)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(tag));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(wait + Patience);
        using var response = await _http.SendAsync(request, deadline.Token);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return null;
        var configuration = await SamHttp.ReadAsync<ScannerConfiguration>(response, deadline.Token);
        var version = response.Headers.ETag?.Tag ?? throw new SamException(response.StatusCode, "SAM gave no version with the configuration.", []);
        return new ConfigurationAnswer(version, long.Parse(version.AsSpan().Trim('"'), System.Globalization.CultureInfo.InvariantCulture), configuration);
    }

    /// <summary>A heartbeat.</summary>
    /// <exception cref="SamException">SAM refused.</exception>
    public Task<StatusAnswer> ReportAsync(ScannerStatus status, CancellationToken cancellationToken) => ReportAsync(status, TimeSpan.Zero, cancellationToken);

    /// <summary>A heartbeat that is answered when the scanner should run another version than the one it tells of, or the wait is over.</summary>
    /// <param name="status">How the scanner is.</param>
    /// <param name="wait">How long SAM may wait with its answer, at most <see cref="LongestWait"/>; a scanner that waits from each heartbeat to the next needs no second connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<StatusAnswer> ReportAsync(ScannerStatus status, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(wait + Patience);
        using var response = await _http.PostAsJsonAsync(FormattableString.Invariant($"scanner/status?wait={(int)wait.TotalSeconds}"), status, ProtocolJson.Options, deadline.Token);
        return await SamHttp.ReadAsync<StatusAnswer>(response, deadline.Token);
    }

    /// <summary>Tells of an image. Telling again is harmless; when this returns, SAM has it durably.</summary>
    /// <exception cref="SamException">SAM refused: a field is wrong, or another image has this id.</exception>
    public async Task PutImageAsync(ImageMetadata.ImageMetadata image, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync($"scanner/images/{Uri.EscapeDataString(image.ImageId)}", image, ProtocolJson.Options, cancellationToken);
        await SamHttp.CheckAsync(response, cancellationToken);
    }

    /// <summary>Gets the certificate after the one this client shows.</summary>
    /// <param name="certificateSigningRequest">PKCS #10 (PEM) of the next key; asking again with it gets the same answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused: it is too early, or another key was given the next certificate.</exception>
    public Task<EnrolmentAnswer> RenewAsync(string certificateSigningRequest, CancellationToken cancellationToken) =>
        SamHttp.RenewAsync(_http, "scanner/certificate", certificateSigningRequest, cancellationToken);

    /// <summary>Tells of a PIN that somebody has entered on the console, and learns whose it is.</summary>
    /// <exception cref="SamException">It lets nobody in (403), is none (422), or too many were wrong (429).</exception>
    public async Task<PinHolder> EnterPinAsync(string pin, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("scanner/pin", new PinEntry(pin), ProtocolJson.Options, cancellationToken);
        return await SamHttp.ReadAsync<PinHolder>(response, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    // Whoever answers here is not known yet: nothing is told, and the answer counts only if the code's hash of it matches.
    private static async Task<X509Certificate2> FindAuthorityAsync(Uri address, CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // The certificate that comes back is checked against the code before anything is sent.
        using var http = SamHttp.Create(address, new SslClientAuthenticationOptions { TargetHost = address.Host, RemoteCertificateValidationCallback = (_, _, _, _) => true }, MaxAnswerBytes);
#pragma warning restore CA5359
        using var response = await http.GetAsync("authority", cancellationToken);
        await SamHttp.CheckAsync(response, cancellationToken);
        try
        {
            return X509Certificate2.CreateFromPem(await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (CryptographicException e)
        {
            throw new SamException(response.StatusCode, $"{address.Host} does not answer like a SAM: {e.Message}", []);
        }
    }
}

/// <summary>A configuration as a scanner gets it.</summary>
/// <param name="Tag">To be given back with the next question.</param>
/// <param name="Version">To be told in heartbeats once the scanner runs it.</param>
/// <param name="Configuration">It.</param>
public sealed record ConfigurationAnswer(string Tag, long Version, ScannerConfiguration Configuration);
