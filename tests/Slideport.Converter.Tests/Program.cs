using Slideport.ImageStore.Smb;
using Xunit.Runner.InProc.SystemConsole;

// As the program itself: "smb-agent" is the process that speaks with a share. Anything else is the test runner's.
return args is [SmbAgent.Command] ? SmbAgent.Run() : await ConsoleRunner.Run(args);
