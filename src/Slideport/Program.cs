using System.CommandLine;
using Slideport.Commands;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.ImageStore.Smb;

// Before anything else is looked at: what this process becomes must not depend on it.
if (args is [SmbAgent.Command])
    return SmbAgent.Run();
if (args is [PixelAgent.Command])
    return await PixelAgent.RunAsync();

var root = new RootCommand("The open back office behind a slide scanner: takes slides over DICOM TLS and puts them where viewers open them.")
{
    DemoCommand.Create(),
    ServeCommand.Create(),
    StatusCommand.Create(),
    ScannerCommand.Create(),
    RoleCommand.Create(),
    EnrolCommand.Create(),
    CertificateCommand.Create(),
    ConfigCommand.Create(),
    UserCommand.Create(),
    SupportCommand.Create(),
    PinCommand.Create(),
    AlertCommand.Create(),
    EventsCommand.Create(),
    OutboxCommand.Create(),
    SlidesCommand.Create(),
    StatisticsCommand.Create(),
    DsrCommand.Create(),
    DatabaseCommand.Create(),
    AuditCommand.Create(),
    ScanCommand.Create(),
    ConvertCommand.Create(),
    InfoCommand.Create(),
    VerifyCommand.Create(),
    EchoCommand.Create(),
    SpoolCommand.Create(),
    StoreCommand.Create(),
    BenchCommand.Create(),
};
root.Options.Add(GlobalOptions.Data);
root.Options.Add(GlobalOptions.Verbose);
return await CommandRunner.RunAsync(root, args);
