using System.Net;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;

namespace Slideport.Scanner.Sam;

/// <summary>Who the virtual scanner is to SAM: its key, its certificate and the authority it trusts, in a folder of its own.</summary>
/// <param name="SerialNumber">As SAM knows it.</param>
/// <param name="Certificate">With its private key.</param>
/// <param name="Authorities">Whom to trust.</param>
/// <param name="Kept">Where it is kept, so that it can be renewed; null: nowhere, and it ends when it ends.</param>
public sealed record ScannerIdentity(string SerialNumber, X509Certificate2 Certificate, X509Certificate2Collection Authorities, MachineIdentity? Kept = null)
{
    private const string Name = "scanner";
    private const string Holder = "scanner:";

    /// <summary>The identity kept in a folder; null when the scanner has not enrolled yet.</summary>
    public static ScannerIdentity? TryOpen(string folder) => MachineIdentity.TryOpen(folder, Name) is { } kept ? Of(kept) : null;

    /// <summary>Enrols with a one-time code. A crash in between costs nothing: the same key asks again.</summary>
    /// <param name="sam"><c>https://host:44386</c>.</param>
    /// <param name="code">The code.</param>
    /// <param name="folder">Where the identity is kept; created with mode 0700.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused, or the code is for something else than a scanner.</exception>
    public static async Task<ScannerIdentity> EnrolAsync(Uri sam, EnrolmentCode code, string folder, CancellationToken cancellationToken) => Of(await MachineIdentity.EnrolAsync(
        sam, new CodeRequest(code, []), folder,
        holder => holder.StartsWith(Holder, StringComparison.Ordinal) ? Name : throw new SamException(HttpStatusCode.Forbidden, $"The code is for {holder}, not for a scanner.", []),
        authority => TlsPolicy.ForClient(sam.Host, [X509CertificateLoader.LoadCertificate(authority.RawData)], null), cancellationToken));

    /// <summary>Whether it is time to renew the certificate.</summary>
    internal bool IsDue(DateTimeOffset now) => Kept?.IsDue(now) == true;

    /// <summary>Gets the next certificate, and keeps it in this one's place.</summary>
    /// <exception cref="SamException">SAM refused.</exception>
    internal async Task<ScannerIdentity> RenewAsync(SamClient sam, CancellationToken cancellationToken) => Of(await Kept!.RenewAsync(sam.RenewAsync, cancellationToken));

    private static ScannerIdentity Of(MachineIdentity kept) => new(kept.CommonName, kept.Certificate, kept.Authorities, kept);
}
