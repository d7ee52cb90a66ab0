using Slideport.Faults.Tests;
using Slideport.Faults.Tests.Sam;
using Xunit.Runner.InProc.SystemConsole;

// "serve FOLDER" is a converter, "identity FOLDER" an authority with a role's certificates, that a test starts under strace and kills; anything
// else is the test runner's.
return args is ["serve", var folder]
    ? await FaultedServer.RunAsync(folder)
    : args is ["identity", var identity]
    ? FaultedIdentity.Run(identity)
    : await ConsoleRunner.Run(args);
