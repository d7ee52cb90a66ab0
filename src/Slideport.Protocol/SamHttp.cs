using System.Net.Http.Json;
using System.Net.Security;
using System.Text.Json;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Tracing;

namespace Slideport.Protocol;

/// <summary>HTTP as all of SAM's clients speak it: no redirects, no proxy, bounded answers, refusals as <see cref="SamException"/>.</summary>
internal static class SamHttp
{
    /// <summary>A client for one SAM. It is asked for its certificate of <see cref="MachineNames.Sam"/>, whatever the network calls it.</summary>
    internal static HttpClient Create(Uri address, SslClientAuthenticationOptions tls, int maxAnswerBytes) => new(new TraceParentHandler(new SocketsHttpHandler
    {
        SslOptions = tls,
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    }))
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(120),
        MaxResponseContentBufferSize = maxAnswerBytes,
        DefaultRequestHeaders = { Host = MachineNames.Sam }, // what TLS asks for and compares, too
    };

    /// <summary>Gets the certificate after the one the client shows.</summary>
    internal static async Task<EnrolmentAnswer> RenewAsync(HttpClient http, string path, string certificateSigningRequest, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, new RenewalRequest(certificateSigningRequest), ProtocolJson.Options, cancellationToken);
        return await ReadAsync<EnrolmentAnswer>(response, cancellationToken);
    }

    /// <summary>The answer's message.</summary>
    internal static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await CheckAsync(response, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(ProtocolJson.Options, cancellationToken) ?? throw new SamException(response.StatusCode, "SAM answered with nothing.", []);
        }
        catch (JsonException e)
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, $"The answer is not SAM's: {e.Message}", e);
        }
    }

    /// <summary>Makes a refusal an exception.</summary>
    internal static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        Problem? problem = null;
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
            problem = await ReadProblemAsync(response, cancellationToken);
        throw new SamException(response.StatusCode, problem?.Detail ?? problem?.Title ?? $"SAM answered {(int)response.StatusCode}.", problem?.Errors ?? []) { Code = problem?.Code };
    }

    // Somebody on the way may have cut it short, or answered himself: the status says enough.
    private static async Task<Problem?> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(ProblemJson.Default.Problem, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
