using System.CommandLine;
using System.Text.Json;
using Slideport.Bench;
using Slideport.Protocol.Identity;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport bench</c>: speed and memory, as ratios against peers and the physical limit.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> Size = new("--size") { Description = "Pixels of the slide made; the default is about 1 GB.", HelpName = "WxH", DefaultValueFactory = _ => "92000x70000" };
    private static readonly Option<bool> Sam = new("--sam") { Description = "Measure SAM alone." };
    private static readonly Option<bool> Store = new("--store") { Description = "Measure the way onto an encrypted share alone." };
    private static readonly Option<bool> Dsr = new("--dsr") { Description = "Measure the DSR alone." };
    private static readonly Option<bool> Json = GlobalOptions.Json();

    // The other process of the bare copy: started by the benchmark itself.
    private static readonly Option<int?> BareReceiver = new("--bare-receiver") { Hidden = true };

    public static Command Create()
    {
        var command = new Command("bench", "Measure receiving, converting and delivering a slide against peers on this machine.\n\nExample: slideport bench --json") { Size, Sam, Store, Dsr, Json, BareReceiver };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var data = parsed.GetValue(GlobalOptions.Data)!;
        if (parsed.GetValue(BareReceiver) is { } port)
        {
            using var authority = CertificateAuthority.OpenOrCreate(SlideportSettings.IdentityFolder(data));
            await BareTlsCopy.ReceiveAsync(port, authority.Server("bare"), data, cancellationToken);
            return ExitCode.Done;
        }

        var scratch = Path.Join(data, $"bench-{Environment.ProcessId}");
        try
        {
            using var benchmark = new Benchmark(Environment.ProcessPath!, scratch, ScanCommand.ParseSize(parsed.GetValue(Size)!), text => Console.Error.WriteLine($"· {text}"));
            var report = await RunAsync(benchmark, parsed, cancellationToken);
            if (parsed.GetValue(Json))
                Console.WriteLine(JsonSerializer.Serialize(report, JsonText.Options));
            else
                Print(report);
            return report.Rows.All(row => row.Met != false) ? ExitCode.Done : ExitCode.No;
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private static Task<BenchReport> RunAsync(Benchmark benchmark, ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetValue(Sam) ? benchmark.RunSamAsync(cancellationToken)
        : parsed.GetValue(Store) ? benchmark.RunStoreAsync(cancellationToken)
        : parsed.GetValue(Dsr) ? benchmark.RunDsrAsync(cancellationToken)
        : benchmark.RunAsync(cancellationToken);

    private static void Print(BenchReport report)
    {
        Console.WriteLine(report.Machine);
        Console.WriteLine();
        Console.WriteLine("| what | ours | against | ratio | goal | met |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in report.Rows)
            Console.WriteLine(row.ToLine());
    }
}
