using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.UpperLayer;
using Slideport.Hosting;
using Slideport.Protocol;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport enrol</c>: this machine gets the certificate of its role from a SAM on another one.</summary>
internal static class EnrolCommand
{
    private const string Holder = "role:";

    private static readonly Argument<string> Sam = new("SAM") { Description = "Where SAM is, as host:port." };
    private static readonly Option<string> Code = new("--code") { Description = "The one-time code that 'slideport role invite' printed.", Required = true };
    private static readonly Option<string[]> Host = new("--host")
    {
        Description = "Host name or address this machine is reached by; may be given several times. Without it, the machine's own name. Localhost is always among them.",
        HelpName = "NAME",
    };

    public static Command Create()
    {
        var command = new Command(
            "enrol",
            "Get a certificate for a role on this machine from SAM on another one, into --data; once. It is renewed by itself.\n\n"
            + "Example: slideport enrol sam.lab:44386 --code ABCD-EFGH-… --host converter.lab\n"
            + "Example: slideport serve --roles converter --Converter:Sam=sam.lab:44386")
        {
            Sam, Code, Host,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (host, port) = TargetOptions.ParseHostAndPort(parsed.GetValue(Sam)!);
        var address = new UriBuilder(Uri.UriSchemeHttps, host, port).Uri;
        var code = EnrolmentCode.TryParse(parsed.GetValue(Code)!) ?? throw new UsageException("--code is not an enrolment code: 56 letters and digits in groups of four.");
        var hosts = parsed.GetValue(Host) is { Length: > 0 } given ? given : [Dns.GetHostName()];
        if (new EnrolmentRequest("", "", hosts).Validate() is [var error, ..])
            throw new UsageException($"--host: {error.Message}");
        var folder = SlideportSettings.IdentityFolder(parsed.GetValue(GlobalOptions.Data)!);
        if (File.Exists(Path.Join(folder, "ca.key")))
            throw new UsageException($"'{folder}' holds an installation's own authority: its roles need no code. Give another folder with --data.");
        try
        {
            var identity = await MachineIdentity.EnrolAsync(
                address, new CodeRequest(code, hosts), folder, NameOf, authority => TlsPolicy.ForClient(host, [X509CertificateLoader.LoadCertificate(authority.RawData)], null), cancellationToken);
            Console.WriteLine($"This machine is the {identity.Name} of {host}; its certificate ends {identity.Certificate.NotAfter.ToUniversalTime():u} and is renewed before. Start it with 'slideport serve --roles {identity.Name} --Converter:Sam={parsed.GetValue(Sam)}'.");
            return ExitCode.Done;
        }
        catch (SamException e)
        {
            throw e.MayPass ? new IOException(e.Message, e) : new UsageException(e.Message);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"SAM at {parsed.GetValue(Sam)} cannot be asked: {(e.InnerException ?? e).Message}", e);
        }
    }

    private static string NameOf(string holder)
    {
        if (!holder.StartsWith(Holder, StringComparison.Ordinal))
            throw new UsageException($"The code is for {holder}: give it to that scanner ('slideport scan --sam … --code …' for a virtual one).");
        var role = holder[Holder.Length..];
        return Roles.All.Contains(role) ? role : throw new UsageException($"The code is for {holder}, which 'slideport serve' does not run.");
    }
}
