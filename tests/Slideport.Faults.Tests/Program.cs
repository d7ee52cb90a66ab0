using Slideport.Faults.Tests;
using Xunit.Runner.InProc.SystemConsole;

// "serve FOLDER" is a converter that a test starts under strace and kills; anything else is the test runner's.
return args is ["serve", var folder]
    ? await FaultedServer.RunAsync(folder)
    : await ConsoleRunner.Run(args);
