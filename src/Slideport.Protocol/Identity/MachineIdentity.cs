using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Slideport.Files;
using Slideport.Protocol.Enrolment;

namespace Slideport.Protocol.Identity;

/// <summary>
/// Who a machine is that enrolled with a one-time code: its key, its certificate and the authority it trusts, in a folder of its own. The key
/// never leaves the machine.
/// </summary>
/// <remarks>Files: <c>authority.crt</c>, <c>NAME.crt</c>, <c>NAME.key</c>, and <c>NAME.next.key</c> while a certificate is being asked for, or
/// <c>enrolment-CODE.key</c>: whatever is interrupted is done again with the same key, and gets the same answer.</remarks>
public sealed class MachineIdentity
{
    /// <summary>File that holds the authority of another machine's installation. Where it lies, no authority is founded.</summary>
    public const string AuthorityFile = "authority.crt";

    // The key of an enrolment, named after its code: the same code asks with the same key, another code with another.
    private const string CodeKeys = "enrolment-";
    private const int CodeKeyChars = 16;

    private MachineIdentity(string folder, string name, X509Certificate2 certificate, X509Certificate2Collection authorities) =>
        (Folder, Name, Certificate, Authorities) = (folder, name, certificate, authorities);

    /// <summary>Where it is kept.</summary>
    public string Folder { get; }

    /// <summary>What its files are called.</summary>
    public string Name { get; }

    /// <summary>Serial number of the scanner, or name of the role.</summary>
    public string CommonName => Certificate.GetNameInfo(X509NameType.SimpleName, false);

    /// <summary>With its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Whom to trust.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>Where certificate and key lie.</summary>
    public (string Certificate, string Key) Files => FilesOf(Folder, Name);

    /// <summary>The identity kept in a folder; null when the machine has not enrolled yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">What its files are called.</param>
    /// <exception cref="CryptographicException">Certificate and key do not belong together.</exception>
    public static MachineIdentity? TryOpen(string folder, string name)
    {
        var files = FilesOf(folder, name);
        if (!File.Exists(files.Certificate) || !File.Exists(Path.Join(folder, AuthorityFile)))
            return null;
        Finish(folder, name);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Path.Join(folder, AuthorityFile));
        return new MachineIdentity(folder, name, X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), authorities);
    }

    /// <summary>Enrols with a one-time code. A crash in between costs nothing: the same key asks again.</summary>
    /// <param name="sam"><c>https://host:44386</c>.</param>
    /// <param name="request">The code, and the names of a machine that is connected to.</param>
    /// <param name="folder">Where the identity is kept; created with mode 0700.</param>
    /// <param name="nameOf">What the files of a holder are called; throws when it is none that was meant.</param>
    /// <param name="trustOnly">Makes TLS options that trust one authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamException">SAM refused, or is not the one of the code.</exception>
    public static async Task<MachineIdentity> EnrolAsync(
        Uri sam, CodeRequest request, string folder, Func<string, string> nameOf, Func<X509Certificate2, SslClientAuthenticationOptions> trustOnly, CancellationToken cancellationToken)
    {
        DurableFile.CreateDirectory(folder);
        var keyFile = Path.Join(folder, $"{CodeKeys}{request.Code.Hash[..CodeKeyChars]}.key");
        using var key = OpenOrMakeKey(keyFile);
        var answer = await SamClient.EnrolAsync(sam, request, key, trustOnly, cancellationToken);
        var name = nameOf(answer.Name);
        DurableFile.Replace(Path.Join(folder, AuthorityFile), Encoding.ASCII.GetBytes(answer.Authority));
        DurableFile.Replace(NextKey(folder, name), File.ReadAllBytes(keyFile));
        Take(folder, name, answer.Certificate);
        foreach (var old in Directory.GetFiles(folder, CodeKeys + "*").Where(f => f != keyFile))
            DurableFile.Delete(old);
        return TryOpen(folder, name)!;
    }

    /// <summary>Whether it is time to renew the certificate.</summary>
    /// <param name="now">The time.</param>
    public bool IsDue(DateTimeOffset now) => now >= new DateTimeOffset(Certificate.NotAfter) - CertificateAuthority.RenewBefore;

    /// <summary>Gets the next certificate, with a new key, for this one. This one stays good for a while.</summary>
    /// <param name="ask">Takes a certificate signing request (PEM) to SAM, under this certificate.</param>
    /// <param name="cancellationToken">Gives up; asking again gets the same answer.</param>
    /// <returns>The next identity, kept in this one's place.</returns>
    /// <exception cref="SamException">SAM refused.</exception>
    public async Task<MachineIdentity> RenewAsync(Func<string, CancellationToken, Task<EnrolmentAnswer>> ask, CancellationToken cancellationToken)
    {
        using var key = OpenOrMakeKey(NextKey(Folder, Name));
        var answer = await ask(new CertificateRequest("CN=renewal", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(), cancellationToken);
        using var next = X509Certificate2.CreateFromPem(answer.Certificate);
        if (!Matches(next, key))
            throw new SamException(HttpStatusCode.BadGateway, "SAM answered with a certificate for another key; the one there is stays.", []);
        Take(Folder, Name, answer.Certificate);
        return TryOpen(Folder, Name)!;
    }

    // The certificate's name is the moment of truth: from then on the next key is the key.
    internal static void Take(string folder, string name, string certificate)
    {
        DurableFile.Replace(FilesOf(folder, name).Certificate, Encoding.ASCII.GetBytes(certificate));
        Finish(folder, name);
    }

    // Whatever a crash has left: the certificate's key in its place.
    internal static void Finish(string folder, string name)
    {
        var (files, nextFile) = (FilesOf(folder, name), NextKey(folder, name));
        if (!File.Exists(nextFile) || !File.Exists(files.Certificate))
            return;
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
        using var next = OpenOrMakeKey(nextFile);
        if (!Matches(certificate, next))
            return; // asked for, not answered yet
        DurableFile.Replace(files.Key, File.ReadAllBytes(nextFile));
        DurableFile.Delete(nextFile);
    }

    private static bool Matches(X509Certificate2 certificate, ECDsa key) => certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());

    internal static (string Certificate, string Key) FilesOf(string folder, string name) => (Path.Join(folder, name + ".crt"), Path.Join(folder, name + ".key"));

    internal static string NextKey(string folder, string name) => Path.Join(folder, name + ".next.key");

    private static ECDsa OpenOrMakeKey(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
            key.ImportFromPem(File.ReadAllText(path));
        else
            DurableFile.Replace(path, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return key;
    }
}
