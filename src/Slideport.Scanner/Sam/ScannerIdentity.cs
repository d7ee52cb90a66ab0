using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;

namespace Slideport.Scanner.Sam;

/// <summary>Who the virtual scanner is to SAM: its key, its certificate and the authority it trusts, in a folder of its own.</summary>
/// <param name="SerialNumber">As SAM knows it.</param>
/// <param name="Certificate">With its private key.</param>
/// <param name="Authorities">Whom to trust.</param>
public sealed record ScannerIdentity(string SerialNumber, X509Certificate2 Certificate, X509Certificate2Collection Authorities)
{
    private const string KeyFile = "scanner.key";
    private const string CertificateFile = "scanner.crt";
    private const string AuthorityFile = "authority.crt";
    private const string Holder = "scanner:";

    /// <summary>The identity kept in a folder; null when the scanner has not enrolled yet.</summary>
    public static ScannerIdentity? TryOpen(string folder)
    {
        if (!File.Exists(Path.Join(folder, CertificateFile)))
            return null;
        var certificate = X509Certificate2.CreateFromPemFile(Path.Join(folder, CertificateFile), Path.Join(folder, KeyFile));
        return new ScannerIdentity(certificate.GetNameInfo(X509NameType.SimpleName, false), certificate, [X509CertificateLoader.LoadCertificateFromFile(Path.Join(folder, AuthorityFile))]);
    }

    /// <summary>Enrols with a one-time code. A crash in between costs nothing: the same key asks again.</summary>
    /// <param name="sam"><c>https://host:44386</c>.</param>
    /// <param name="code">The code.</param>
    /// <param name="folder">Where the identity is kept; created with mode 0700.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused, or the code is for something else than a scanner.</exception>
    public static async Task<ScannerIdentity> EnrolAsync(Uri sam, EnrolmentCode code, string folder, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(folder);
        using var key = OpenOrMakeKey(Path.Join(folder, KeyFile));
        var answer = await SamClient.EnrolAsync(
            sam, code, key, authority => TlsPolicy.ForClient(sam.Host, [X509CertificateLoader.LoadCertificate(authority.RawData)], null), cancellationToken);
        if (!answer.Name.StartsWith(Holder, StringComparison.Ordinal))
            throw new SamException(System.Net.HttpStatusCode.Forbidden, $"The code is for {answer.Name}, not for a scanner.", []);
        DurableFile.Replace(Path.Join(folder, AuthorityFile), System.Text.Encoding.ASCII.GetBytes(answer.Authority));
        DurableFile.Replace(Path.Join(folder, CertificateFile), System.Text.Encoding.ASCII.GetBytes(answer.Certificate));
        return TryOpen(folder)!;
    }

    private static ECDsa OpenOrMakeKey(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
            key.ImportFromPem(File.ReadAllText(path));
        else
            DurableFile.Replace(path, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return key;
    }
}
