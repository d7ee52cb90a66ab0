using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Slides.Conversion;

namespace Slideport.Commands;

/// <summary><c>slideport verify</c>: proof, tile by tile, that an output carries its source's bytes.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "What was converted: an SVS, a DICOM file, or a folder." };
        var output = new Argument<string>("OUTPUT") { Description = "What came of it." };
        var json = GlobalOptions.Json();
        var command = new Command(
            "verify",
            "Prove tile by tile that OUTPUT carries SOURCE's bytes; exit code 1 and the first difference if it does not.\n\n"
            + "Example: slideport verify slide-folder slide.svs")
        {
            source, output, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(parsed.GetValue(source)!, parsed.GetValue(output)!, parsed.GetValue(json), cancellationToken), cancellationToken));
        return command;
    }

    /// <summary>One sentence for a person.</summary>
    public static string Describe(FidelityReport report) => report.Difference is { } difference
        ? $"Not the same: {difference}"
        : string.Create(CultureInfo.InvariantCulture, $"All {report.Tiles} tiles are the same, {report.Bytes / 1e6:0.0} MB.");

    private static int Run(string source, string output, bool json, CancellationToken cancellationToken)
    {
        foreach (var path in (string[])[source, output])
        {
            if (!Path.Exists(path))
                throw new UsageException($"There is no {path}.");
        }

        var report = Fidelity.Compare(source, output, cancellationToken);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, JsonText.Options));
        }
        else
        {
            foreach (var change in report.Changes)
                Console.WriteLine($"Lossless header patch: {change}");
            foreach (var note in report.NotCarried)
                Console.WriteLine($"Not carried: {note}");
            Console.WriteLine(Describe(report));
        }

        return report.Difference is null ? ExitCode.Done : ExitCode.No;
    }
}
