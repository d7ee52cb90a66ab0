using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Slideport.Sam.Database;

namespace Slideport.Sam.Notifications;

/// <summary>
/// Posts messages to an address. Each carries <c>Slideport-Key</c>, the same whenever it is sent again, and <c>Slideport-Signature</c>:
/// <c>t=SECONDS,v1=HEX</c>, the HMAC-SHA256 of <c>SECONDS.BODY</c> under the shared secret; whoever takes messages refuses old seconds.
/// </summary>
internal sealed class WebhookChannel : IDisposable
{
    internal const string Name = "webhook";

    private readonly Uri _address;
    private readonly string _secretFile;
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
    {
        Timeout = TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = 64 << 10,
    };

    internal WebhookChannel(NotificationOptions options, TimeProvider time) => (_address, _secretFile, _time) = (new Uri(options.WebhookUrl), options.WebhookSecretFile, time);

    /// <summary>Sends one.</summary>
    /// <exception cref="HttpRequestException">It was not taken.</exception>
    internal async Task SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        // Read each time: a changed secret counts at once.
        var secret = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(_secretFile, cancellationToken)).Trim());
        var seconds = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{seconds}.{notification.Body}")));
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new StringContent(notification.Body, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("Slideport-Key", notification.Key.ToString());
        request.Headers.Add("Slideport-Signature", $"t={seconds},v1={signature}");
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();
}
