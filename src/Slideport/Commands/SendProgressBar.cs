using System.Globalization;
using Slideport.Scanner.Sending;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary>Shows how far a scan is: a bar with MB/s on a terminal, a line per stage elsewhere, nothing when a program reads the answer.</summary>
internal static class SendProgressBar
{
    public static Task<T> ShowAsync<T>(bool quiet, Func<IProgress<SendProgress>?, Task<T>> work)
    {
        if (quiet)
            return work(null);
        return AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected ? ShowBarAsync(work) : work(new Lines());
    }

    private static Task<T> ShowBarAsync<T>(Func<IProgress<SendProgress>?, Task<T>> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask("Scanning", maxValue: 1))));

    private static string Describe(SendProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.Stage}  {progress.InstancesSent}/{progress.InstancesTotal} instances  {progress.BytesSent / 1e6:0} MB  {progress.BytesPerSecond / 1e6:0} MB/s");

    private sealed class Bar(ProgressTask task) : IProgress<SendProgress>
    {
        public void Report(SendProgress value)
        {
            task.Description = Markup.Escape(Describe(value));
            task.MaxValue = Math.Max(value.BytesTotal, 1);
            task.Value = value.BytesSent;
        }
    }

    private sealed class Lines : IProgress<SendProgress>
    {
        private readonly Lock _lock = new(); // guards _last
        private SendStage? _last;

        public void Report(SendProgress value)
        {
            lock (_lock)
            {
                if (_last == value.Stage)
                    return;
                _last = value.Stage;
            }

            Console.WriteLine(value.Stage switch
            {
                SendStage.Scanning => "Scanning …",
                SendStage.Sending => string.Create(CultureInfo.InvariantCulture, $"Sending {value.InstancesTotal} instances, {value.BytesTotal / 1e6:0.0} MB …"),
                _ => "Asking for storage commitment …",
            });
        }
    }
}
