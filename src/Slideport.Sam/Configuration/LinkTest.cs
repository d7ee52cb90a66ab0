using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Time;
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
/// Tries what a configuration names, from where SAM stands: hosts are looked up, ports connected to, TLS shaken hands with, the time asked for.
/// What does not answer is a warning, not an error: a lab configures before it installs.
/// </summary>
/// <param name="slides">Knows of the image file systems.</param>
/// <param name="tls">Whom to trust, by host.</param>
/// <param name="ownTime">Where SAM itself answers NTP; null where it does not.</param>
/// <param name="time">SAM's clock.</param>
internal sealed class LinkTest(SlideDirectory slides, Func<string, SslClientAuthenticationOptions> tls, IPEndPoint? ownTime, TimeProvider time)
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
        links.Add(AskTimeAsync(configuration.Time, cancellationToken));
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

    // Scanners without a time server of their own ask the host they reach SAM under: whatever keeps time there, SAM or another.
    private async Task<LinkResult> AskTimeAsync(TimeSettings settings, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var host = settings.Server.Length > 0 ? settings.Server : OwnHost();
        LinkResult Result(bool isGood, string text) =>
            new("time.server", string.Create(CultureInfo.InvariantCulture, $"{(settings.Server.Length > 0 ? host : "SAM's own host")}:{settings.Port}"), isGood, text, clock.ElapsedMilliseconds);
        try
        {
            var measured = await new NtpClient(time).MeasureAsync(host, settings.Port, Patience, cancellationToken);
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"Answers at stratum {measured.Stratum}: {Math.Abs(measured.Offset.TotalSeconds):0.000} s {(measured.Offset < TimeSpan.Zero ? "behind" : "ahead of")} SAM's clock (round trip {measured.RoundTrip.TotalMilliseconds:0.0} ms).");
            return Math.Abs(measured.Offset.TotalSeconds) <= settings.WarnOffsetSeconds
                ? Result(true, text)
                : Result(false, string.Create(CultureInfo.InvariantCulture, $"{text} That is more than time.warnOffsetSeconds ({settings.WarnOffsetSeconds} s): one of the two is wrong."));
        }
        catch (NtpException e)
        {
            return Result(false, e.Message);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain)
        {
            return Result(false, $"The name '{host}' cannot be looked up; check its spelling and the name server.");
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return Result(false, settings.Server.Length > 0
                ? "No answer; check that an NTP server runs there, time.port, and the firewall (UDP)."
                : $"No answer; SAM itself {(ownTime is null ? "does not serve time (Time:Serve), nor does anything else there" : string.Create(CultureInfo.InvariantCulture, $"serves time on UDP port {ownTime.Port} (Time:Port); make time.port the same"))}.");
        }
    }

    private string OwnHost() => ownTime is null || ownTime.Address.Equals(IPAddress.IPv6Any) || ownTime.Address.Equals(IPAddress.Any) ? "localhost" : ownTime.Address.ToString();
}
