using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Echo;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Commands;

/// <summary><c>slideport echo</c>: is the other side there, and does it let us in?</summary>
internal static class EchoCommand
{
    public static Command Create()
    {
        var target = new Argument<string>("host:port") { Description = "The DICOM peer." };
        var options = new TargetOptions();
        var command = new Command("echo", "Ask a DICOM peer whether it is there (C-ECHO).\n\nExample: slideport echo localhost:2762") { target };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetValue(target)!, options, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string target, TargetOptions options, CancellationToken cancellationToken)
    {
        var (host, port) = TargetOptions.ParseHostAndPort(target);
        var (calling, called) = options.AETitles(parsed);
        var clock = Stopwatch.StartNew();
        await using var association = await Association.ConnectAsync(
            host,
            port,
            new AssociationRequest
            {
                CallingAETitle = calling,
                CalledAETitle = called,
                Contexts = [(Uids.Verification, TransferSyntax.ImplicitVrLittleEndian)],
                Tls = options.Tls(parsed, host),
            },
            cancellationToken: cancellationToken);
        var status = await EchoScu.EchoAsync(association, cancellationToken);
        await association.ReleaseAsync(cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{host}:{port} answered {status} in {clock.ElapsedMilliseconds} ms."));
        return status == DimseStatus.Success ? ExitCode.Done : ExitCode.No;
    }
}
