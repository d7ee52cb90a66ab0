using Slideport.Dsr.Viewing.Pixels;
using Xunit.Runner.InProc.SystemConsole;

// As the program itself: "pixel-agent" decodes pictures. Anything else is the test runner's.
return args is [PixelAgent.Command] ? await PixelAgent.RunAsync() : await ConsoleRunner.Run(args);
