using System.Net;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Identity;

namespace Slideport.Protocol.Enrolment;

/// <summary>A machine asks for its certificate: <c>POST /enrol</c>.</summary>
/// <param name="Code">The one-time code, as <see cref="EnrolmentCode"/> writes it.</param>
/// <param name="CertificateSigningRequest">PKCS #10, PEM; only its key counts, names are given by SAM.</param>
/// <param name="Hosts">Host names and addresses of a role that is connected to, a converter; they go into its certificate. Scanners have none.</param>
public sealed record EnrolmentRequest(string Code, string CertificateSigningRequest, IReadOnlyList<string>? Hosts = null)
{
    /// <summary>Most names a machine may have.</summary>
    public const int MaxHosts = 16;

    private const int MaxHostChars = 253;

    /// <summary>Everything wrong with it, whatever the code is worth; empty when it can be looked at.</summary>
    public IReadOnlyList<FieldError> Validate()
    {
        var hosts = Hosts ?? [];
        if (hosts.Count > MaxHosts)
            return [new FieldError("hosts", $"Give at most {MaxHosts} names.")];
        return [.. hosts.Where(h => !IsHost(h)).Select(h => new FieldError("hosts", "A name is neither a host name nor an IP address, or is one that Slideport keeps for itself."))];
    }

    // A list from outside may hold null, whatever its type says.
    private static bool IsHost(string? host) =>
        host is { Length: <= MaxHostChars } && !MachineNames.IsReserved(host) && (IPAddress.TryParse(host, out _) || Uri.CheckHostName(host) == UriHostNameType.Dns);
}

/// <summary>A machine asks for the certificate after the one it shows: <c>POST /scanner/certificate</c> or <c>POST /role/certificate</c>.</summary>
/// <param name="CertificateSigningRequest">PKCS #10, PEM; only its key counts, names stay as they are.</param>
public sealed record RenewalRequest(string CertificateSigningRequest);

/// <summary>The answer: who the machine is from now on.</summary>
/// <param name="Certificate">Its certificate, PEM.</param>
/// <param name="Authority">The authority's certificate, PEM; the machine checks it against its code.</param>
/// <param name="Name">Holder: <c>scanner:SERIAL</c> or <c>role:NAME</c>.</param>
public sealed record EnrolmentAnswer(string Certificate, string Authority, string Name);

/// <summary>With what a machine enrols.</summary>
/// <param name="Code">Its one-time code.</param>
/// <param name="Hosts">Its host names and addresses, if it is connected to.</param>
public sealed record CodeRequest(EnrolmentCode Code, IReadOnlyList<string> Hosts);
