using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Slideport.Protocol.Configuration;
using Slideport.Sam.Slides;

namespace Slideport.Sam.Configuration;

/// <summary>What a test of one link found.</summary>
/// <param name="Field">The field that names it.</param>
/// <param name="Target">Where it leads.</param>
/// <param name="IsGood">Whether it answers.</param>
/// <param name="Text">What was found, or why not and what to look at.</param>
/// <param name="Milliseconds">How long it took.</param>
internal sealed record LinkResult(string Field, string Target, bool IsGood, string Text, long Milliseconds);

/// <summary>
/// Tries what a configuration names, from where SAM stands: hosts are looked up, ports connected to, TLS shaken hands with. What does not answer
/// is a warning, not an error: a lab configures before it installs.
/// </summary>
internal sealed class LinkTest(SlideDirectory slides, Func<string, SslClientAuthenticationOptions> tls)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>Tries every link at once; done within ten seconds.</summary>
    internal async Task<IReadOnlyList<LinkResult>> RunAsync(ScannerConfiguration configuration, CancellationToken cancellationToken)
    {
        var links = new List<Task<LinkResult>>();
        void Add(string field, string host, int port, bool withTls)
        {
            if (host.Length > 0)
                links.Add(TryAsync(field, host, port, withTls, cancellationToken));
        }

        Add("images.hostname", configuration.Images.Hostname, configuration.Images.Port, withTls: true);
        Add("dsr.hostname", configuration.Dsr.Hostname, configuration.Dsr.Port, configuration.Dsr.Tls);
        Add("eventHandling.consoleEventPort", configuration.EventHandling.ConsoleHostname, configuration.EventHandling.ConsoleEventPort, withTls: false);
        Add("eventHandling.consoleLogPort", configuration.EventHandling.ConsoleHostname, configuration.EventHandling.ConsoleLogPort, withTls: false);
        if (configuration.Time.Server.Length > 0)
            links.Add(LookUpAsync("time.server", configuration.Time.Server, cancellationToken));
        // Whether the image file system can be written only the converters can know; they look every few seconds.
        var stores = slides.Converters.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new LinkResult(
            "images.fileLocation", $"{c.Key}: {c.Value.Health.ImageStore}", c.Value.Health.ImageStoreProblem is null, c.Value.Health.ImageStoreProblem ?? "Can be written.", 0));
        return [.. await Task.WhenAll(links), .. stores];
    }

    private async Task<LinkResult> TryAsync(string field, string host, int port, bool withTls, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        LinkResult Result(bool isGood, string text) => new(field, $"{host}:{port}", isGood, text, clock.ElapsedMilliseconds);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, deadline.Token);
            if (!withTls)
                return Result(true, "Answers.");
            await using var secured = new SslStream(client.GetStream());
            await secured.AuthenticateAsClientAsync(tls(host), deadline.Token);
            return Result(true, $"Answers over {secured.SslProtocol}; its certificate ends on {secured.RemoteCertificate!.GetExpirationDateString()}.");
        }
        catch (SocketException e)
        {
            return Result(false, e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? $"The name '{host}' cannot be looked up; check its spelling and the name server."
                : $"{e.Message}; check that the service runs there, and the firewall.");
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return Result(false, $"It answers, but not over TLS as it must: {(e.InnerException ?? e).Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Result(false, $"No answer within {Patience.TotalSeconds:0} s; check the firewall.");
        }
    }

    private static async Task<LinkResult> LookUpAsync(string field, string host, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).WaitAsync(Patience, cancellationToken);
            return new LinkResult(field, host, true, $"Is {string.Join(", ", addresses.Select(a => a.ToString()))}.", clock.ElapsedMilliseconds);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return new LinkResult(field, host, false, $"The name '{host}' cannot be looked up; check its spelling and the name server.", clock.ElapsedMilliseconds);
        }
    }
}
