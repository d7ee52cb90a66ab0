using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Identity;
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
/// Tries what a configuration names, from where SAM stands: hosts are looked up, ports connected to, TLS shaken hands with, the time asked for. The
/// converters try the file location, which only they reach. What does not answer is a warning, not an error: a lab configures before it installs.
/// </summary>
/// <param name="slides">Has the converters try the file location.</param>
/// <param name="tls">Whom to trust, by the name a certificate must be for.</param>
/// <param name="ownTime">Where SAM itself answers NTP; null where it does not.</param>
/// <param name="time">SAM's clock.</param>
internal sealed class LinkTest(SlideDirectory slides, Func<string, SslClientAuthenticationOptions> tls, IPEndPoint? ownTime, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // Converters call every three seconds, and take five for a share that hangs.
    private static readonly TimeSpan ConverterPatience = TimeSpan.FromSeconds(9.5);

    /// <summary>Tries every link at once; done within ten seconds.</summary>
    internal async Task<IReadOnlyList<LinkResult>> RunAsync(ScannerConfiguration configuration, CancellationToken cancellationToken)
    {
        var (images, dsr, events) = (configuration.Images, configuration.Dsr, configuration.EventHandling);
        var stores = TryLocationAsync(images.FileLocation, cancellationToken);
        var links = new List<Task<LinkResult>>
        {
            // Scanners ask the converter for its certificate of this name, whatever the network calls it.
            TryAsync("images.hostname", images.Hostname, images.Port, MachineNames.Converter, cancellationToken),
            TryAsync("eventHandling.consoleEventPort", events.ConsoleHostname, events.ConsoleEventPort, null, cancellationToken),
            TryAsync("eventHandling.consoleLogPort", events.ConsoleHostname, events.ConsoleLogPort, null, cancellationToken),
            AskTimeAsync(configuration.Time, cancellationToken),
        };
        if (dsr.Hostname.Length > 0)
            links.Add(TryAsync("dsr.hostname", dsr.Hostname, dsr.Port, dsr.Tls ? dsr.Hostname : null, cancellationToken));
        return [.. await Task.WhenAll(links), .. await stores];
    }

    private async Task<IEnumerable<LinkResult>> TryLocationAsync(string location, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        LinkResult Result(string target, bool isGood, string text) => new("images.fileLocation", target, isGood, text, clock.ElapsedMilliseconds);
        var answers = await slides.TryLocationAsync(location, ConverterPatience, cancellationToken);
        string Target(string converter) => $"{converter}: {(location.Length > 0 ? location : slides.Converters[converter].Health.ImageStore)}";
        return slides.Converters.Keys.Order(StringComparer.Ordinal)
            .Select(converter => answers.TryGetValue(converter, out var answer)
                ? Result(Target(converter), answer.Problem is null, answer.Problem ?? "Was written to and read back.")
                : Result(Target(converter), false, "The converter has not answered; check that it runs and reaches SAM. One that speaks with another SAM on this database is asked there."))
            .DefaultIfEmpty(Result(location, false, "No converter is here to try it; check that one runs and reaches SAM."));
    }

    // A host that is not named is the one scanners reach SAM under.
    private async Task<LinkResult> TryAsync(string field, string named, int port, string? certificateName, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var host = named.Length > 0 ? named : OwnHost();
        LinkResult Result(bool isGood, string text) =>
            new(field, string.Create(CultureInfo.InvariantCulture, $"{NameOf(named)}:{port}"), isGood, text, clock.ElapsedMilliseconds);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, deadline.Token);
            if (certificateName is null)
                return Result(true, "Answers.");
            await using var secured = new SslStream(client.GetStream());
            await secured.AuthenticateAsClientAsync(tls(certificateName), deadline.Token);
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
            new("time.server", string.Create(CultureInfo.InvariantCulture, $"{NameOf(settings.Server)}:{settings.Port}"), isGood, text, clock.ElapsedMilliseconds);
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

    private static string NameOf(string host) => host.Length > 0 ? host : "SAM's own host";

    private string OwnHost() => ownTime is null || ownTime.Address.Equals(IPAddress.IPv6Any) || ownTime.Address.Equals(IPAddress.Any) ? "localhost" : ownTime.Address.ToString();
}
