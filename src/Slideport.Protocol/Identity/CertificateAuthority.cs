using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.Protocol.Identity;

/// <summary>
/// The installation's own certificate authority: who belongs here is who holds a certificate from it. ECDSA P-256 throughout; keys lie as
/// PEM in files only their owner can read.
/// </summary>
/// <remarks>Folder: <c>ca.crt</c>, <c>ca.key</c>, and a pair for every certificate issued here by name. Renewal is by issuing again. Each file is
/// written whole or not at all, and a new key lies in <c>NAME.next.key</c> until its certificate is there: whenever a crash comes, a pair is left.
/// Whoever makes one holds <c>.lock</c>: other processes that come for the same wait, and find it.</remarks>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string RolePrefix = "role:";
    private const string OwnName = "ca";
    private const string OwnSubject = "CN=Slideport authority of ";

    // Longer would outlive the keys' protection, shorter the attention of a lab; the rules for public authorities do not apply here.
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan CertificateLifetime = TimeSpan.FromDays(730);

    /// <summary>How long before its end a certificate is renewed, here and by machines that enrolled.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(60);

    // Scanners' clocks are set from ours only after they are let in.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(24);

    // Making a pair takes milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly X509Certificate2 _authority;

    private CertificateAuthority(string folder, X509Certificate2 authority, TimeProvider time)
    {
        _folder = folder;
        _authority = authority;
        _time = time;
        Certificate = X509CertificateLoader.LoadCertificate(authority.RawData);
    }

    /// <summary>The authority's certificate, without its key: what everybody may know and must trust.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The same as a collection, as TLS policies take it.</summary>
    public X509Certificate2Collection Roots => [Certificate];

    /// <summary>Where keys and certificates lie.</summary>
    public string Folder => _folder;

    /// <summary>Path of the authority's certificate (PEM), to be given to whoever has to trust it.</summary>
    public string CertificatePath => Path.Join(_folder, "ca.crt");

    /// <summary>Opens the authority in a folder, or founds it there on first use.</summary>
    /// <param name="folder">Created with mode 0700 when missing.</param>
    /// <param name="time">Clock for validity; null for the system's.</param>
    /// <exception cref="CryptographicException">What lies there is not an authority's certificate and key.</exception>
    /// <exception cref="IOException">The folder is that of a machine which enrolled elsewhere, or the authority's key is lost.</exception>
    public static CertificateAuthority OpenOrCreate(string folder, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        RequireOwn(folder);
        DurableFile.CreateDirectory(folder);
        using var alone = Hold(folder);
        MachineIdentity.Finish(folder, OwnName);
        var (certificate, key) = MachineIdentity.FilesOf(folder, OwnName);
        if (!File.Exists(key) && File.Exists(certificate))
            throw new IOException($"'{key}' is missing, the key of the authority whose certificate is '{certificate}'. Put the identity folder back from its copy. If there is none, 'slideport certificate abandon' founds another authority; every scanner and every machine then has to enrol anew.");
        if (!File.Exists(key))
            Found(folder, time);
        return new CertificateAuthority(folder, X509Certificate2.CreateFromPemFile(certificate, key), time);
    }

    /// <summary>Where the authority's key is lost: founds another one, and removes what the lost one issued for roles here. One that has its key stays.</summary>
    /// <param name="folder">The lost one's.</param>
    /// <param name="time">Clock for validity; null for the system's.</param>
    /// <exception cref="IOException">The folder is that of a machine which enrolled elsewhere.</exception>
    public static CertificateAuthority FoundAnew(string folder, TimeProvider? time = null)
    {
        RequireOwn(folder);
        DurableFile.CreateDirectory(folder);
        using (Hold(folder))
        {
            MachineIdentity.Finish(folder, OwnName);
            var (certificate, key) = MachineIdentity.FilesOf(folder, OwnName);
            if (!File.Exists(key))
                DurableFile.Delete(certificate);
        }

        var authority = OpenOrCreate(folder, time);
        using var alone = Hold(folder);
        foreach (var name in Directory.GetFiles(folder, "*.crt").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => name != OwnName))
            authority.RemoveOfAnother(name);
        return authority;
    }

    /// <summary>Whether it issued a certificate, as that says itself.</summary>
    /// <param name="certificate">Any.</param>
    public bool HasIssued(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().SingleOrDefault()?.KeyIdentifier is { } by
        && _authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span.SequenceEqual(by.Span);

    /// <summary>Holds the folder against other processes while something is made in it; it issues nothing meanwhile.</summary>
    /// <returns>To be disposed of.</returns>
    /// <exception cref="IOException">Somebody else holds it and does not let go.</exception>
    public IDisposable Hold() => Hold(_folder);

    /// <summary>A server certificate for a role on this machine, issued on first use and renewed 60 days before it ends.</summary>
    /// <param name="role">Name of the role; names the files.</param>
    /// <param name="hosts">Host names and addresses it answers to, besides localhost, this machine's name and its own of <see cref="MachineNames"/>.</param>
    public X509Certificate2 Server(string role, params IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        AddHosts(names, [.. hosts, Dns.GetHostName(), MachineNames.Of(role)]);
        return OpenOrIssue(role, new X500DistinguishedName($"CN={role}, O=Slideport"), [ServerAuthentication], names.Build());
    }

    /// <summary>A client certificate for a role on this machine, for where it connects itself; issued on first use and renewed 60 days before it ends.</summary>
    /// <param name="role">Name of the role; names the files, <c>ROLE-client</c>.</param>
    public X509Certificate2 Client(string role)
    {
        var (subject, names) = NamesOf($"role:{role}");
        return OpenOrIssue($"{role}-client", subject, [ClientAuthentication], names.Build());
    }

    /// <summary>A client certificate for a scanner, issued on first use and renewed 60 days before it ends.</summary>
    /// <param name="serialNumber">The scanner's serial number; becomes the subject's serialNumber and, sanitised, the file name.</param>
    public X509Certificate2 Scanner(string serialNumber)
    {
        var (subject, names) = NamesOf($"scanner:{serialNumber}");
        return OpenOrIssue($"scanner-{FileName(serialNumber)}", subject, [ClientAuthentication], names.Build());
    }

    /// <summary>A client certificate for a key made elsewhere: the key never comes here. It is kept in no file.</summary>
    /// <param name="holder"><c>scanner:SERIAL</c> or <c>role:NAME</c>.</param>
    /// <param name="key">The holder's public key.</param>
    public X509Certificate2 Issue(string holder, PublicKey key)
    {
        var (subject, names) = NamesOf(holder);
        return Issue(new CertificateRequest(subject, key, HashAlgorithmName.SHA256), [ClientAuthentication], names.Build());
    }

    /// <summary>The same for a role that is also connected to, under its hosts and its name of <see cref="MachineNames"/>.</summary>
    /// <param name="holder"><c>role:NAME</c>.</param>
    /// <param name="key">The role's public key.</param>
    /// <param name="hosts">Host names and addresses of its machine.</param>
    public X509Certificate2 Issue(string holder, PublicKey key, IReadOnlyList<string> hosts)
    {
        var (subject, names) = NamesOf(holder);
        AddHosts(names, [.. hosts, MachineNames.Of(holder[RolePrefix.Length..])]);
        return Issue(new CertificateRequest(subject, key, HashAlgorithmName.SHA256), [ClientAuthentication, ServerAuthentication], names.Build());
    }

    /// <summary>The certificate after one that was issued here: the same holder, names and purposes, another key.</summary>
    /// <param name="previous">The one before.</param>
    /// <param name="key">The holder's next public key.</param>
    public X509Certificate2 Reissue(X509Certificate2 previous, PublicKey key)
    {
        var purposes = previous.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages;
        var names = previous.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        return Issue(new CertificateRequest(previous.SubjectName, key, HashAlgorithmName.SHA256), [.. purposes.OfType<Oid>().Select(p => p.Value!)], names);
    }

    /// <summary>Paths of the files behind a certificate issued here, for programs that take PEM files.</summary>
    /// <param name="name">As given to <see cref="Server"/>, or <c>scanner-SERIAL</c>.</param>
    public (string Certificate, string Key) FilesOf(string name) => MachineIdentity.FilesOf(_folder, name);

    /// <summary>Forgets the authority's key in memory.</summary>
    public void Dispose()
    {
        _authority.Dispose();
        Certificate.Dispose();
    }

    private X509Certificate2 OpenOrIssue(string name, X500DistinguishedName subject, IReadOnlyList<string> purposes, X509Extension names)
    {
        using var alone = Hold(_folder); // two that ask for the same name at once get the same certificate
        MachineIdentity.Finish(_folder, name);
        if (TryOpen(FilesOf(name)) is { } existing)
        {
            var ends = new DateTimeOffset(existing.NotAfter);
            if (_time.GetUtcNow() < ends - RenewBefore && SameNames(existing, names))
                return existing;
            existing.Dispose();
        }

        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = Issue(new CertificateRequest(subject, pair, HashAlgorithmName.SHA256), purposes, names);
        Write(MachineIdentity.NextKey(_folder, name), pair.ExportPkcs8PrivateKeyPem());
        MachineIdentity.Take(_folder, name, issued.ExportCertificatePem());
        return TryOpen(FilesOf(name))!;
    }

    // Null where there is no pair. What is none, somebody is putting there, or has by mistake: it is his, and stays.
    private static X509Certificate2? TryOpen((string Certificate, string Key) files)
    {
        if (!File.Exists(files.Certificate) || !File.Exists(files.Key))
            return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException) // ArgumentException: the key is not the certificate's
        {
            throw new IOException($"'{files.Certificate}' and '{files.Key}' are no pair ({e.Message}); put the right ones there, or remove both: they are issued anew.", e);
        }
    }

    private X509Certificate2 Issue(CertificateRequest request, IReadOnlyList<string> purposes, X509Extension names)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. purposes.Select(p => new Oid(p))], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        request.CertificateExtensions.Add(names);
        var now = _time.GetUtcNow();
        var until = now + CertificateLifetime;
        var authorityEnds = new DateTimeOffset(_authority.NotAfter);
        using var key = _authority.GetECDsaPrivateKey()!;
        return request.Create(
            _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - ClockSkew, until < authorityEnds ? until : authorityEnds, SerialNumber());
    }

    private static void Found(string folder, TimeProvider time)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"{OwnSubject}{Dns.GetHostName()}, O=Slideport"), pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var authority = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);
        // As every pair: a certificate without a key is never what a crash has left, but a key that is lost.
        Write(MachineIdentity.NextKey(folder, OwnName), pair.ExportPkcs8PrivateKeyPem());
        MachineIdentity.Take(folder, OwnName, authority.ExportCertificatePem());
    }

    private static void RequireOwn(string folder)
    {
        if (File.Exists(Path.Join(folder, MachineIdentity.AuthorityFile)))
            throw new IOException($"'{folder}' is the identity of a machine that enrolled at another one's SAM; the authority and its key are there. Do this on that machine, or give another folder with --data.");
    }

    private static SafeFileHandle Hold(string folder)
    {
        SafeFileHandle? held = null;
        return SpinWait.SpinUntil(() => (held = DurableFile.TryLock(Path.Join(folder, ".lock"))) is not null, Patience)
            ? held!
            : throw new IOException($"Another process makes keys in '{folder}' and does not come to an end; see which one holds '{Path.Join(folder, ".lock")}'.");
    }

    // What the site has put there stays.
    private void RemoveOfAnother(string name)
    {
        var files = FilesOf(name);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
        if (!certificate.Issuer.StartsWith(OwnSubject, StringComparison.Ordinal) || HasIssued(certificate))
            return;
        DurableFile.Delete(files.Certificate);
        DurableFile.Delete(files.Key);
        DurableFile.Delete(MachineIdentity.NextKey(_folder, name));
    }

    // What SAM knows a holder by is the URI; the subject is for people's eyes.
    private static (X500DistinguishedName Subject, SubjectAlternativeNameBuilder Names) NamesOf(string holder)
    {
        var (kind, name) = (holder[..holder.IndexOf(':', StringComparison.Ordinal)], holder[(holder.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        if (kind == "scanner")
            subject.Add("2.5.4.5", name); // serialNumber
        subject.AddOrganizationName($"Slideport {kind}");
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"urn:slideport:{kind}:{Uri.EscapeDataString(name)}"));
        return (subject.Build(), names);
    }

    // Every machine is localhost to itself.
    private static void AddHosts(SubjectAlternativeNameBuilder names, IEnumerable<string> hosts)
    {
        foreach (var host in hosts.Append("localhost").Append("127.0.0.1").Append("::1").Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }
    }

    private static bool SameNames(X509Certificate2 existing, X509Extension names) =>
        existing.Extensions.FirstOrDefault(e => e.Oid?.Value == names.Oid?.Value) is { } present && present.RawData.AsSpan().SequenceEqual(names.RawData);

    // Positive and unpredictable, 16 bytes (RFC 5280 4.1.2.2 allows 20).
    private static byte[] SerialNumber()
    {
        var number = RandomNumberGenerator.GetBytes(16);
        number[0] = (byte)((number[0] & 0x7F) | 0x01);
        return number;
    }

    private static void Write(string path, string pem) => DurableFile.Replace(path, Encoding.ASCII.GetBytes(pem));

    private static string FileName(string serialNumber) =>
        string.Concat(serialNumber.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' ? c : '_'));
}
