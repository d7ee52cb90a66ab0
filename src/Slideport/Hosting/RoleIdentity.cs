using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Slideport.Commands;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;

namespace Slideport.Hosting;

/// <summary>
/// Who a role on this machine is, and whom it trusts: certificates of the installation's authority where that lies here, else those this machine has
/// enrolled for. Each is used as soon as it is renewed.
/// </summary>
/// <param name="Authorities">The installation's authority.</param>
/// <param name="Server">What it shows to who connects.</param>
/// <param name="Client">What it shows where it connects.</param>
/// <param name="IsEnrolled">Whether this machine got them with a code, and has to renew them at SAM.</param>
internal sealed record RoleIdentity(X509Certificate2Collection Authorities, CurrentCertificate Server, CurrentCertificate Client, bool IsEnrolled)
{
    /// <summary>Opens what is there; founds an authority where there is nothing.</summary>
    /// <param name="folder">The data folder's identity.</param>
    /// <param name="role">Name of the role.</param>
    /// <param name="hosts">Host names and addresses it answers to, besides the machine's.</param>
    /// <param name="sam">The SAM on another machine that it reports to; empty: none is named.</param>
    /// <param name="failed">Told why a certificate that was replaced is not used.</param>
    /// <exception cref="UsageException">It has to enrol first.</exception>
    public static RoleIdentity Open(string folder, string role, IReadOnlyList<string> hosts, string sam, Action<string>? failed = null)
    {
        if (MachineIdentity.TryOpen(folder, role) is { } machine)
        {
            var both = CurrentCertificate.Of(() => MachineIdentity.TryOpen(folder, role)!.Certificate, machine.Files, TimeProvider.System, failed);
            return new RoleIdentity(machine.Authorities, both, both, IsEnrolled: true);
        }

        if (File.Exists(Path.Join(folder, MachineIdentity.AuthorityFile)) || (sam.Length > 0 && !File.Exists(Path.Join(folder, "ca.key"))))
            throw new UsageException($"This machine has not enrolled for the {role} yet: have a Lab Admin run 'slideport role invite {role}' at SAM, and here 'slideport enrol {(sam.Length > 0 ? sam : "host:port")} --code CODE' with the code it prints.");
        var authority = CertificateAuthority.OpenOrCreate(folder);
        return new RoleIdentity(
            authority.Roots,
            CurrentCertificate.Of(() => authority.Server(role, hosts), authority.FilesOf(role), TimeProvider.System, failed),
            CurrentCertificate.Of(() => authority.Client(role), authority.FilesOf($"{role}-client"), TimeProvider.System, failed),
            IsEnrolled: false);
    }

    /// <summary>Opens what monitoring is served with: on a machine that enrolled, the certificate of the role it enrolled for.</summary>
    /// <param name="folder">The data folder's identity.</param>
    /// <param name="hosts">Host names and addresses it answers to, besides the machine's.</param>
    public static RoleIdentity OpenForMonitoring(string folder, IReadOnlyList<string> hosts) =>
        Open(folder, Roles.All.FirstOrDefault(role => MachineIdentity.TryOpen(folder, role) is not null) ?? "monitor", hosts, "");

    /// <summary>TLS towards a host that has a certificate of the installation's authority.</summary>
    public SslClientAuthenticationOptions ClientTls(string host) => TlsPolicy.ForClient(host, Client.Get(), Authorities);
}
