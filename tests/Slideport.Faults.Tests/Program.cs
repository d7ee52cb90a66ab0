using Slideport.Faults.Tests;
using Slideport.Faults.Tests.Sam;
using Slideport.ImageStore.Smb;
using Xunit.Runner.InProc.SystemConsole;

// "serve FOLDER" is a converter, "identity FOLDER" an authority with a role's certificates, that a test starts under strace and kills;
// "second-sqlite FOLDER" opens a database beside another SQLite, "smb-agent" speaks with a share. Anything else is the test runner's.
return args switch
{
    ["serve", var folder] => await FaultedServer.RunAsync(folder),
    ["identity", var folder] => FaultedIdentity.Run(folder),
    ["second-sqlite", var folder] => await SecondSqlite.RunAsync(folder),
    [SmbAgent.Command] => SmbAgent.Run(),
    _ => await ConsoleRunner.Run(args),
};
