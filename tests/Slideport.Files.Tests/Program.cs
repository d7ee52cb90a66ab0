using Slideport.Files.Tests;
using Xunit.Runner.InProc.SystemConsole;

// "fault NAME FOLDER" does one file operation and says what came of it, so that a test can run it under fault injection;
// anything else is the test runner's.
return args is ["fault", var name, var folder]
    ? FaultedChild.Run(name, folder)
    : await ConsoleRunner.Run(args);
