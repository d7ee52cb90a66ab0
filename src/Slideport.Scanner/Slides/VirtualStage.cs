using System.Globalization;
using Slideport.Slides;
using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Scanner.Slides;

/// <summary>Scans a slide without sending it: writes the instances a scanner would send.</summary>
public static class VirtualStage
{
    /// <summary>Scans a slide into a folder. Every scan has identifiers of its own.</summary>
    /// <param name="source">The slide.</param>
    /// <param name="folder">Where the instances go; created if missing.</param>
    /// <param name="options">Size, layout, identity; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Paths of the instances in the order a scanner sends them; or why there are none.</returns>
    /// <exception cref="SlideException">The slide is damaged.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static SvsToDicomResult Scan(ScanSource source, string folder, SlideOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SlideOptions();
        Directory.CreateDirectory(folder);
        if (source.Instances.Count > 0) return CopyInstances(source.Instances, folder, cancellationToken);
        if (source.IsSvs && options.Size is null) return SvsToDicom.Convert(source.Path!, folder, PlainOptions(options), cancellationToken);

        var (material, refusal) = source.IsSvs
            ? RepeatedTiles.Create(source.Path!, options, folder, cancellationToken)
            : (GeneratedTissue.Create(options, folder, cancellationToken), null);
        if (refusal is not null) return new SvsToDicomResult([], refusal, []);
        using (material)
        {
            var writer = new WsiWriter(folder, material!.Series, options.Writer);
            return new SvsToDicomResult([.. material.Images.SelectMany(image => writer.Write(image, cancellationToken))], null, []);
        }
    }

    private static SvsToDicomOptions PlainOptions(SlideOptions options) => new()
    {
        Layout = options.Writer.Layout,
        IncludeLabel = options.IncludeLabel,
        IncludeOverview = options.IncludeOverview,
        IncludeThumbnail = options.IncludeThumbnail,
        Describe = options.Describe,
        Writer = options.Writer,
    };

    private static SvsToDicomResult CopyInstances(IReadOnlyList<string> instances, string folder, CancellationToken cancellationToken)
    {
        var copy = new DicomCopy();
        var files = new List<string>();
        foreach (var instance in instances)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var target = Path.Join(folder, string.Create(CultureInfo.InvariantCulture, $"instance-{files.Count}.dcm"));
            copy.Copy(instance, target);
            files.Add(target);
        }

        return new SvsToDicomResult(files, null, []);
    }
}
