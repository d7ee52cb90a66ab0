using System.Net.Security;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Scanner.Sending;

/// <summary>Where instances go.</summary>
/// <param name="Host">Name or address of the DICOM Converter.</param>
/// <param name="Port">Its port; 2762 is DICOM's for TLS.</param>
public sealed record SendTarget(string Host, int Port)
{
    /// <summary>The converter's AE title.</summary>
    public string CalledAETitle { get; init; } = "SLIDEPORT";

    /// <summary>The scanner's AE title.</summary>
    public string CallingAETitle { get; init; } = "SCANNER";

    /// <summary>TLS, with the scanner's certificate (see <see cref="TlsPolicy"/>); null speaks in the clear.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Time-outs; null for the defaults.</summary>
    public AssociationLimits? Limits { get; init; }
}
