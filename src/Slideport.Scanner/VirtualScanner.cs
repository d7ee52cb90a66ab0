using System.Globalization;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;
using Slideport.Slides;

namespace Slideport.Scanner;

/// <summary>
/// A scanner without glass: takes SVS files, DICOM folders or made-up tissue for slides and sends them as a GT 450-class scanner does, over
/// DICOM with TLS, storage commitment at the end of each slide.
/// </summary>
public static class VirtualScanner
{
    /// <summary>Scans slides and sends them.</summary>
    /// <param name="sources">The slides in the rack.</param>
    /// <param name="target">The DICOM Converter.</param>
    /// <param name="options">What to do; null for the defaults.</param>
    /// <param name="progress">Told of every step; may be called from any thread.</param>
    /// <param name="cancellationToken">Stops everything.</param>
    /// <returns>The ledger. That the receiver cannot be reached, or refuses, is in it; it is no exception.</returns>
    /// <exception cref="SlideException">A slide is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static async Task<ScanResult> ScanAsync(
        IReadOnlyList<ScanSource> sources, SendTarget target, ScanOptions? options = null, IProgress<SendProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new ScanOptions();
        var folder = options.Folder ?? Directory.CreateTempSubdirectory("slideport-scan-").FullName;
        try
        {
            progress?.Report(new SendProgress(SendStage.Scanning, 0, 0, 0, 0, TimeSpan.Zero));
            var (slides, refusals, warnings) = await Task.Run(() => Scan(sources, folder, options, cancellationToken), cancellationToken);
            var ledger = await SendAsync(slides, target, options.Send, progress, cancellationToken);
            return new ScanResult(ledger, refusals, warnings);
        }
        finally
        {
            if (options.Folder is null) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Sends instances that exist already.</summary>
    /// <param name="slides">Files of each slide.</param>
    /// <param name="target">The DICOM Converter.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told of every step; may be called from any thread.</param>
    /// <param name="cancellationToken">Stops everything.</param>
    /// <exception cref="Dicom.DicomFormatException">A file is not a DICOM file.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Task<SendLedger> SendAsync(
        IReadOnlyList<IReadOnlyList<string>> slides, SendTarget target, SendOptions? options = null, IProgress<SendProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        new InstanceSender(slides, target, options ?? new SendOptions(), progress).SendAsync(cancellationToken);

    private static (List<IReadOnlyList<string>> Slides, List<(string, Refusal)> Refusals, List<string> Warnings) Scan(
        IReadOnlyList<ScanSource> sources, string folder, ScanOptions options, CancellationToken cancellationToken)
    {
        var (slides, refusals, warnings) = (new List<IReadOnlyList<string>>(), new List<(string, Refusal)>(), new List<string>());
        for (var i = 0; i < sources.Count * options.Count; i++)
        {
            var source = sources[i / options.Count];
            var place = Path.Join(folder, string.Create(CultureInfo.InvariantCulture, $"scan-{i}"));
            var result = VirtualStage.Scan(source, place, Numbered(options.Slide, source, i), cancellationToken);
            warnings.AddRange(result.Warnings.Select(warning => $"{source.Name}: {warning}"));
            if (result.Refusal is { } refusal) refusals.Add((source.Name, refusal));
            else slides.Add(result.Files);
        }

        return (slides, refusals, warnings);
    }

    /// <summary>The slide in the next slot.</summary>
    private static SlideOptions Numbered(SlideOptions options, ScanSource source, int number)
    {
        if (source.Path is null && options.Barcode is null) options = options with { Barcode = "GENERATED" };
        if (number == 0) return options;
        return options with
        {
            Barcode = options.Barcode is { } barcode ? string.Create(CultureInfo.InvariantCulture, $"{barcode}-{number + 1}") : null,
            Slot = options.Slot + number,
            Seed = unchecked(options.Seed + number),
        };
    }
}
