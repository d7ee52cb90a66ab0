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
            return await new RackRun(sources, folder, target, options, progress).RunAsync(cancellationToken);
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
        CancellationToken cancellationToken = default)
    {
        options ??= new SendOptions();
        var meter = new SendMeter(slides.Count, progress, options.TimeProvider);
        return new InstanceSender(slides, target, options, meter, options.BytesPerSecond is { } rate ? new RateLimit(rate, options.TimeProvider) : null)
            .SendAsync(cancellationToken);
    }
}
