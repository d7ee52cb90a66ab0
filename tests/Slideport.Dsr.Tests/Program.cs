using Slideport.Dsr.Viewing.Pixels;
using Slideport.ImageStore.Smb;
using Xunit.Runner.InProc.SystemConsole;

// As the program itself: "pixel-agent" decodes pictures, "smb-agent" speaks with a share. Anything else is the test runner's.
return args switch
{
    [PixelAgent.Command] => await PixelAgent.RunAsync(),
    [SmbAgent.Command] => SmbAgent.Run(),
    _ => await ConsoleRunner.Run(args),
};
