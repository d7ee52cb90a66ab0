using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Dicom.Part10;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;

namespace Slideport.Commands;

/// <summary><c>slideport convert</c>: DICOM to SVS, SVS to DICOM, or DICOM to TILED_FULL, never re-encoding a tile.</summary>
internal static class ConvertCommand
{
    private static readonly Argument<string[]> Sources = new("SOURCE")
    {
        Description = "DICOM files or a folder of them, or one SVS.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Out = new("--out") { Description = "FILE.svs for an SVS, a folder for DICOM.", HelpName = "FILE.svs|FOLDER", Required = true };
    private static readonly Option<bool> Identifiers = new("--identifiers") { Description = "Write barcode and container identifier into the SVS; they may identify a patient." };
    private static readonly Option<bool> Json = GlobalOptions.Json();

    public static Command Create()
    {
        var command = new Command(
            "convert",
            "Convert a slide between DICOM and SVS, or DICOM to the TILED_FULL that open viewers read; every tile keeps its bytes.\n\n"
            + "Example: slideport convert slide-folder --out slide.svs\n"
            + "Example: slideport convert slide.svs --out slide-folder\n"
            + "Example: slideport convert slide-folder --out tiled-full-folder")
        {
            Sources, Out, Identifiers, Json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(() => Run(parsed, cancellationToken), cancellationToken));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (sources, output, json) = (parsed.GetValue(Sources)!, parsed.GetValue(Out)!, parsed.GetValue(Json));
        if (Path.Exists(output) && !(Directory.Exists(output) && !Directory.EnumerateFileSystemEntries(output).Any()))
            throw new UsageException($"{output} exists already; nothing is ever overwritten. Choose another name.");
        return output.EndsWith(".svs", StringComparison.OrdinalIgnoreCase)
            ? ToSvs(sources, output, parsed.GetValue(Identifiers), json, cancellationToken)
            : ToDicom(sources, output, json, cancellationToken);
    }

    private static int ToSvs(IReadOnlyList<string> sources, string output, bool identifiers, bool json, CancellationToken cancellationToken)
    {
        var instances = Instances(sources);
        try
        {
            var result = DicomToSvs.Convert(Single(instances), output, new SvsOptions { IncludeIdentifiers = identifiers }, cancellationToken);
            if (json)
                Console.WriteLine(JsonSerializer.Serialize(new { converted = result.IsConverted, result.Report, result.Refusal }, JsonText.Options));
            else
                Print(result);
            return result.IsConverted ? ExitCode.Done : ExitCode.No;
        }
        finally
        {
            foreach (var instance in instances)
                instance.Dispose();
        }
    }

    private static int ToDicom(IReadOnlyList<string> sources, string output, bool json, CancellationToken cancellationToken)
    {
        if (sources is not [var source] || !File.Exists(source) || !SvsFile.IsSvs(source))
            return ToTiledFull(sources, output, json, cancellationToken);
        Directory.CreateDirectory(output);
        var result = SvsToDicom.Convert(source, output, cancellationToken: cancellationToken);
        Print(new DicomToDicomResult(result.Files, result.Refusal, result.Warnings), output, json);
        return result.Refusal is null ? ExitCode.Done : ExitCode.No;
    }

    private static int ToTiledFull(IReadOnlyList<string> sources, string output, bool json, CancellationToken cancellationToken)
    {
        var instances = Instances(sources);
        var isDone = false;
        Directory.CreateDirectory(output);
        try
        {
            var result = DicomToTiledFull.Convert(Single(instances), output, cancellationToken: cancellationToken);
            Print(result, output, json);
            isDone = result.Refusal is null;
            return isDone ? ExitCode.Done : ExitCode.No;
        }
        finally
        {
            foreach (var instance in instances)
                instance.Dispose();
            if (!isDone)
                Directory.Delete(output, recursive: true); // it was empty
        }
    }

    private static DicomSlide Single(IEnumerable<WsiInstance> instances)
    {
        var slides = WsiSlide.Group(instances);
        return slides is [var slide] ? slide
            : throw new UsageException($"The sources hold {slides.Count} slides; convert them one at a time: {string.Join(", ", slides.Select(s => s.SeriesInstanceUid))}.");
    }

    private static List<WsiInstance> Instances(IReadOnlyList<string> sources)
    {
        var files = sources.SelectMany(source => Directory.Exists(source) ? Part10File.List(source)
            : File.Exists(source) ? [source] : throw new UsageException($"There is no {source}.")).ToList();
        if (files.Count == 0)
            throw new UsageException($"{string.Join(", ", sources)} holds no DICOM files.");
        return [.. files.Select(WsiInstance.Open)];
    }

    private static void Print(ConversionResult result)
    {
        if (result.Refusal is { } refusal)
        {
            Console.WriteLine($"Not converted: {refusal.Reason} ({refusal.Attribute})");
            return;
        }

        var report = result.Report!;
        foreach (var note in report.DroppedLevels.Concat(report.Warnings))
            Console.WriteLine(note);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Path}: {report.Levels} levels, {report.Tiles} tiles ({report.WhiteTiles} white, {report.RewrittenTiles} copied one by one), {report.Bytes / 1e6:0.0} MB."));
    }

    private static void Print(DicomToDicomResult result, string output, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { converted = result.Refusal is null, result.Files, result.Refusal, result.Warnings }, JsonText.Options));
            return;
        }

        foreach (var warning in result.Warnings)
            Console.WriteLine(warning);
        Console.WriteLine(result.Refusal is { } refusal ? $"Not converted: {refusal.Reason} ({refusal.Attribute})" : $"{output}: {result.Files.Count} instances.");
    }
}
