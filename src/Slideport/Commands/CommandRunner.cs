using System.CommandLine;
using System.Runtime.InteropServices;
using Slideport.Dicom;
using Slideport.Scanner.Sam;
using Slideport.Slides;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary>Runs a command line and turns every way to fail into one sentence on standard error and an exit code.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
            return Fail(ExitCode.Usage, $"{parsed.Errors[0].Message} (see: slideport {parsed.CommandResult.Command.Name} --help)");

        // Our own: System.CommandLine's handler ends the process at once, with 143, while a command has not come to its first await.
        using var told = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Tell);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Tell);
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await parsed.InvokeAsync(configuration, told.Token);
        }
        catch (OperationCanceledException)
        {
            return Fail(ExitCode.Failed, "Stopped.");
        }
#pragma warning disable CA1031 // The outermost loop of the program: nothing may reach the user as a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var code = CodeOf(e);
            if (parsed.GetValue(GlobalOptions.Verbose))
                Console.Error.WriteLine(e);
            return Fail(code, Sentence(e));
        }

        // The first Ctrl+C or SIGTERM lets the command end in order; a second one does not wait for that.
        void Tell(PosixSignalContext signal)
        {
            signal.Cancel = !told.IsCancellationRequested;
            told.Cancel();
        }
    }

    private static int CodeOf(Exception e) => e switch
    {
        ConsoleLockedException or SlideRefusedException => ExitCode.No,
        UsageException or DicomFormatException or SlideException or FileNotFoundException or DirectoryNotFoundException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };

    private static string Sentence(Exception e) => e switch
    {
        UsageException or ConsoleLockedException or SlideRefusedException or DicomException or SlideException or IOException => e.Message,
        AggregateException { InnerException: { } inner } => Sentence(inner),
        UnauthorizedAccessException => $"{e.Message} Check the file's permissions.",
        _ => $"{e.GetType().Name}: {e.Message} (--verbose shows where; please report it)",
    };

    private static int Fail(int code, string sentence)
    {
        // Not through markup: the sentence may hold text from a file or a peer.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Write(new Text("slideport: ", new Style(Color.Red)));
        Console.Error.WriteLine(sentence.ReplaceLineEndings(" "));
        return code;
    }
}
