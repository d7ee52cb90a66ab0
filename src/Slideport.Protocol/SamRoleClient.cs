using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using Slideport.Protocol.Events;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Fleet;
using Slideport.Protocol.Sessions;
using Slideport.Protocol.Slides;

namespace Slideport.Protocol;

/// <summary>SAM's DataServer as the other roles see it: what converters, event servers and the DSR ask and tell. Safe for concurrent use.</summary>
public sealed class SamRoleClient : IDisposable
{
    // A fleet of some thousand scanners, or the manifests of fifty images of a thousand instances each.
    private const int MaxAnswerBytes = 16 << 20;

    private readonly HttpClient _http;

    /// <summary>A client for one SAM.</summary>
    /// <param name="address"><c>https://host:44386</c>.</param>
    /// <param name="tls">Whom to trust, and the role's certificate.</param>
    public SamRoleClient(Uri address, SslClientAuthenticationOptions tls) => _http = SamHttp.Create(address, tls, MaxAnswerBytes);

    /// <summary>The scanners and the certificates that are good no more.</summary>
    /// <param name="tag">From the last answer; null to be answered at once.</param>
    /// <param name="wait">How long to wait for a change, at most 60 s.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when nothing has changed.</returns>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<FleetAnswer?> GetFleetAsync(string? tag, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"role/fleet?wait={(int)wait.TotalSeconds}"));
        if (tag is not null)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(tag));
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return null;
        var fleet = await SamHttp.ReadAsync<ScannerFleet>(response, cancellationToken);
        return new FleetAnswer(response.Headers.ETag?.Tag ?? throw new SamException(response.StatusCode, "SAM gave no version with the fleet.", []), fleet);
    }

    /// <summary>The manifests of those images that scanners have told of.</summary>
    /// <param name="seriesInstanceUids">At most <see cref="ManifestQuestion.MaxSeries"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<IReadOnlyList<ImageManifest>> GetManifestsAsync(IReadOnlyList<string> seriesInstanceUids, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("role/manifests", new ManifestQuestion(seriesInstanceUids), ProtocolJson.Options, cancellationToken);
        return await SamHttp.ReadAsync<IReadOnlyList<ImageManifest>>(response, cancellationToken);
    }

    /// <summary>Tells of slides. When this returns, SAM has it durably.</summary>
    /// <param name="converter">The converter's name.</param>
    /// <param name="reports">At most <see cref="SlideReport.MaxReports"/>.</param>
    /// <param name="cancellationToken">Gives up; telling again is harmless.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public Task TellAsync(string converter, IReadOnlyList<SlideReport> reports, CancellationToken cancellationToken) =>
        PostAsync($"role/converters/{Uri.EscapeDataString(converter)}/slides", reports, cancellationToken);

    /// <summary>Tells how the converter is doing.</summary>
    /// <returns>What SAM wants to know besides.</returns>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<HealthAnswer> TellAsync(string converter, ConverterHealth health, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync($"role/converters/{Uri.EscapeDataString(converter)}/health", health, ProtocolJson.Options, cancellationToken);
        return await SamHttp.ReadAsync<HealthAnswer>(response, cancellationToken);
    }

    /// <summary>What people ask of a converter, the oldest first; those that are being done, too, until they are answered.</summary>
    /// <param name="converter">The converter's name.</param>
    /// <param name="wait">How long to wait for one, at most 60 s.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<IReadOnlyList<SlideRequest>> GetRequestsAsync(string converter, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(FormattableString.Invariant($"role/converters/{Uri.EscapeDataString(converter)}/requests?wait={(int)wait.TotalSeconds}"), cancellationToken);
        return await SamHttp.ReadAsync<IReadOnlyList<SlideRequest>>(response, cancellationToken);
    }

    /// <summary>Tells what came of a request. When this returns, SAM has it durably, or knows of no such request any more.</summary>
    /// <param name="converter">The converter's name.</param>
    /// <param name="request"><see cref="SlideRequest.Id"/>.</param>
    /// <param name="answer">Good, see <see cref="SlideAnswer.Validate"/>.</param>
    /// <param name="cancellationToken">Gives up; telling again is harmless.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task AnswerAsync(string converter, Guid request, SlideAnswer answer, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync($"role/converters/{Uri.EscapeDataString(converter)}/requests/{request}/answer", answer, ProtocolJson.Options, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
            await SamHttp.CheckAsync(response, cancellationToken);
    }

    /// <summary>Passes on what happened at scanners, in as many messages as it takes. When this returns, SAM has all of it durably.</summary>
    /// <param name="events">In the order they came; each one good, see <see cref="ScannerEvent.Validate"/>.</param>
    /// <param name="cancellationToken">Gives up; passing on again is harmless.</param>
    /// <returns>What became of them, all messages together.</returns>
    /// <exception cref="SamException">SAM refused a message; those before it are taken.</exception>
    public async Task<EventReceipt> TellAsync(IEnumerable<ScannerEvent> events, CancellationToken cancellationToken)
    {
        var sum = new EventReceipt(0, 0, []);
        foreach (var batch in EventBatch.Of(events))
        {
            using var response = await _http.PostAsJsonAsync("role/events", batch, ProtocolJson.Options, cancellationToken);
            var receipt = await SamHttp.ReadAsync<EventReceipt>(response, cancellationToken);
            sum = new EventReceipt(sum.Stored + receipt.Stored, sum.Known + receipt.Known, [.. sum.Differing, .. receipt.Differing]);
        }

        return sum;
    }

    /// <summary>Slides whose state has changed; with what an earlier answer said, only those that have changed since.</summary>
    /// <param name="after"><see cref="SlideFeed.Next"/> of the last answer; 0: from the first.</param>
    /// <param name="wait">How long to wait for a change, at most 60 s.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<SlideFeed> GetSlidesAsync(long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(FormattableString.Invariant($"role/slides?after={after}&wait={(int)wait.TotalSeconds}"), cancellationToken);
        return await SamHttp.ReadAsync<SlideFeed>(response, cancellationToken);
    }

    /// <summary>Tells who has opened which slide. When this returns, it is in the audit trail.</summary>
    /// <param name="openings">At most <see cref="SlideOpening.MaxOpenings"/>.</param>
    /// <param name="cancellationToken">Gives up; telling again is harmless.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public Task TellAsync(IReadOnlyList<SlideOpening> openings, CancellationToken cancellationToken) => PostAsync("role/openings", openings, cancellationToken);

    /// <summary>Lets a person in, who is at the role's own door.</summary>
    /// <param name="request">Good, see <see cref="SignInRequest.Validate"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">401: he is not let in, and the message is for him; <see cref="SamException.Code"/> <c>totp</c>: his password is right, the app's code is wanted too. 429: he tries too often.</exception>
    public async Task<SignInResult> SignInAsync(SignInRequest request, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("role/sessions", request, ProtocolJson.Options, cancellationToken);
        return await SamHttp.ReadAsync<SignInResult>(response, cancellationToken);
    }

    /// <summary>Whose session it is.</summary>
    /// <param name="token">The session's token.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when it is over, or there never was one.</returns>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<PersonSession?> FindSessionAsync(string token, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("role/sessions/find", new SessionQuestion(token), ProtocolJson.Options, cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await SamHttp.ReadAsync<PersonSession>(response, cancellationToken);
    }

    /// <summary>Logs a person out. When this returns, his session is over.</summary>
    /// <param name="token">The session's token.</param>
    /// <param name="source">The IP address he comes from.</param>
    /// <param name="cancellationToken">Gives up; again is harmless.</param>
    /// <exception cref="SamException">SAM refused.</exception>
    public Task EndSessionAsync(string token, string source, CancellationToken cancellationToken) => PostAsync("role/sessions/end", new SessionEnd(token, source), cancellationToken);

    /// <summary>Changes a person's password. When this returns, all of his sessions are over.</summary>
    /// <param name="change">Good, see <see cref="SessionPasswordChange.Validate"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">422: a password is not his, or cannot be used; <see cref="SamException.Errors"/> are for him. 404: his session is over.</exception>
    public Task ChangePasswordAsync(SessionPasswordChange change, CancellationToken cancellationToken) => PostAsync("role/sessions/password", change, cancellationToken);

    /// <summary>Gets the certificate after the one this client shows.</summary>
    /// <param name="certificateSigningRequest">PKCS #10 (PEM) of the next key; asking again with it gets the same answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused: it is too early, or another key was given the next certificate.</exception>
    public Task<EnrolmentAnswer> RenewAsync(string certificateSigningRequest, CancellationToken cancellationToken) =>
        SamHttp.RenewAsync(_http, "role/certificate", certificateSigningRequest, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task PostAsync<T>(string path, T message, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync(path, message, ProtocolJson.Options, cancellationToken);
        await SamHttp.CheckAsync(response, cancellationToken);
    }
}
