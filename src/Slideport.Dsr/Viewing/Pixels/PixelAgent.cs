using System.Runtime.InteropServices;
using Slideport.Files;
using Slideport.Slides;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>The process that decodes what browsers cannot: reads requests from its standard input and writes pictures to its standard output, one after the other.</summary>
/// <remarks>A process of its own because decoders written in C are what an attacker's slide is aimed at: this one knows no secret, opens no file, has little
/// memory, and is ended when it takes too long.</remarks>
public static class PixelAgent
{
    /// <summary>The argument that makes this program the agent.</summary>
    public const string Command = "pixel-agent";

    /// <summary>Works until standard input ends.</summary>
    public static async Task<int> RunAsync()
    {
        ProcessMemory.Limit(PixelLimits.MaxMemoryBytes);
        // Ctrl+C and a service manager's stop reach every process at once; whoever started us ends us.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        await using var requests = Console.OpenStandardInput();
        await using var answers = Console.OpenStandardOutput();
        while (await PixelFrames.ReadAsync(requests, PixelJson.Default.PixelRequest, CancellationToken.None) is { } request)
        {
            var tiles = new byte[PictureMaker.CodedBytes(request)];
            await requests.ReadExactlyAsync(tiles);
            byte[] picture = [];
            string? problem = null;
            try
            {
                picture = PictureMaker.Make(request, tiles);
            }
            catch (SlideException e)
            {
                problem = e.Message;
            }

            await answers.WriteAsync(PixelFrames.Of(new PixelAnswer(picture.Length, problem), PixelJson.Default.PixelAnswer));
            await answers.WriteAsync(picture);
            await answers.FlushAsync();
        }

        return 0;
    }
}
