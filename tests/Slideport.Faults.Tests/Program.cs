using Slideport.Faults.Tests;
using Slideport.Faults.Tests.Sam;
using Xunit.Runner.InProc.SystemConsole;

// "serve FOLDER" is a converter, "identity FOLDER" an authority with a role's certificates, that a test starts under strace and kills;
// "second-sqlite FOLDER" opens a database beside another SQLite. Anything else is the test runner's.
return args switch
{
    ["serve", var folder] => await FaultedServer.RunAsync(folder),
    ["identity", var folder] => FaultedIdentity.Run(folder),
    ["second-sqlite", var folder] => await SecondSqlite.RunAsync(folder),
    _ => await ConsoleRunner.Run(args),
};
