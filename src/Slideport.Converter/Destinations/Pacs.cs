using System.Security.Cryptography.X509Certificates;

namespace Slideport.Converter.Destinations;

/// <summary>A PACS that slides are sent to.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Title">Its AE title.</param>
/// <param name="OwnTitle">Ours.</param>
/// <param name="Tls">Certificates; null speaks in the clear.</param>
internal sealed record Pacs(string Host, int Port, string Title, string OwnTitle, PacsTls? Tls)
{
    /// <summary>As the settings have it; null where the destination is none.</summary>
    internal static Pacs? Of(DestinationOptions destination, ConverterOptions options, (ConverterTls? Own, Predicate<X509Certificate2> IsRevoked) tls)
    {
        if (destination.Pacs.Length == 0)
            return null;
        var (host, port) = ConverterOptions.HostAndPort(destination.Pacs)!.Value;
        return new Pacs(host, port, destination.PacsTitle, options.AETitle, destination.PacsTls ? new PacsTls(tls.Own!, destination.PacsAuthority, tls.IsRevoked) : null);
    }

    /// <summary>Its name in a sentence.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Title} at {Host}:{Port}");
}
