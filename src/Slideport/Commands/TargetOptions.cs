using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;

namespace Slideport.Commands;

/// <summary>Where to connect to and as whom: what <c>echo</c> and <c>scan</c> share.</summary>
internal sealed class TargetOptions
{
    private readonly Option<bool> _plain = new("--plain") { Description = "Speak DICOM without TLS." };
    private readonly Option<string?> _certificate = new("--cert") { Description = "Our certificate (PEM); by default one from the installation in --data.", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--key") { Description = "Its private key (PEM).", HelpName = "FILE" };
    private readonly Option<string?> _authority = new("--ca") { Description = "Whom to trust (PEM); by default the installation in --data.", HelpName = "FILE" };
    private readonly Option<string> _serial = new("--serial") { Description = "Serial number of the scanner we are.", DefaultValueFactory = _ => "VIRTUAL-1" };
    private readonly Option<string> _calling = new("--aet") { Description = "Our AE title.", DefaultValueFactory = _ => "SCANNER" };
    private readonly Option<string> _called = new("--aec") { Description = "AE title of the other side.", DefaultValueFactory = _ => "SLIDEPORT" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_plain, _certificate, _key, _authority, _serial, _calling, _called])
            command.Options.Add(option);
    }

    public string SerialNumber(ParseResult parsed) => parsed.GetValue(_serial)!;

    public (string Calling, string Called) AETitles(ParseResult parsed) => (parsed.GetValue(_calling)!, parsed.GetValue(_called)!);

    /// <summary><c>host:port</c>, with brackets around an IPv6 address.</summary>
    public static (string Host, int Port) ParseHostAndPort(string text) =>
        ConverterOptions.HostAndPort(text) ?? throw new UsageException($"'{text}' is not host:port; write for example localhost:2762.");

    /// <summary>TLS towards a host, or null for --plain.</summary>
    public SslClientAuthenticationOptions? Tls(ParseResult parsed, string host)
    {
        if (parsed.GetValue(_plain))
            return null;
        var (certificate, key, authority) = (parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_authority));
        if ((certificate is null) != (key is null))
            throw new UsageException("--cert and --key belong together; give both or neither.");

        using var installation = certificate is null || authority is null
            ? CertificateAuthority.OpenOrCreate(Settings.SlideportSettings.IdentityFolder(parsed.GetValue(GlobalOptions.Data)!))
            : null;
        var roots = new X509Certificate2Collection();
        if (authority is null)
            roots.Add(X509CertificateLoader.LoadCertificate(installation!.Certificate.RawData));
        else
            roots.ImportFromPemFile(authority);
        var own = certificate is null ? installation!.Scanner(SerialNumber(parsed)) : X509Certificate2.CreateFromPemFile(certificate, key!);
        return TlsPolicy.ForClient(host, roots, own);
    }
}
