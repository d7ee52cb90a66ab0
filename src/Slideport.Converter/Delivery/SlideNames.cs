using System.Globalization;
using Slideport.Converter.Converting;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol.Configuration;

namespace Slideport.Converter.Delivery;

/// <summary>Names in the image store: each given to one slide only, before anything is published under it.</summary>
internal sealed class SlideNames
{
    private readonly Lock _lock = new(); // guards _taken and the counter's file
    private readonly HashSet<string> _taken;
    private readonly string _counterPath;
    private readonly ImageStores _stores;

    /// <summary>Takes up the names that the spool's slides hold.</summary>
    internal SlideNames(SlideSpool spool, ImageStores stores)
    {
        _stores = stores;
        _counterPath = Path.Join(spool.Folder.Root, "counter");
        _taken = [.. spool.Slides.SelectMany(s => s.Record is { } r ? r.Earlier.Concat(r.Manifests()) : []).Select(m => Place(m.Location, m.Path))];
    }

    /// <summary>A manifest with a name of its own. A slide that has one from an earlier attempt keeps it.</summary>
    /// <param name="record">The slide.</param>
    /// <param name="reserved">What an earlier attempt reserved; null before.</param>
    /// <param name="output">What is to be delivered.</param>
    /// <exception cref="IOException">A path would be too long.</exception>
    internal Manifest Reserve(SlideRecord record, Manifest? reserved, NamedOutput output)
    {
        var settings = output.Settings;
        ManifestInstance[] instances = [.. output.Receipts.Select(ManifestInstance.Of)];
        if (reserved is not null && reserved.Extension == settings.Extension && reserved.Location == settings.Location)
            return reserved with { Instances = instances, Sha256 = null, Bytes = null };
        var name = settings.Template.Expand(Values(record, output));
        RequireShort(name, output);
        return Next(new Manifest { Instances = instances, Location = settings.Location, Name = name, Path = "", Extension = settings.Extension, Attempt = 0 });
    }

    /// <summary>The manifest under the next free name: somebody else's file lies under the present one.</summary>
    internal Manifest Next(Manifest manifest)
    {
        lock (_lock)
        {
            for (var attempt = manifest.Attempt + 1; ; attempt++)
            {
                var path = FileNameTemplate.WithSuffix(manifest.Name, attempt, manifest.Extension);
                if (_taken.Add(Place(manifest.Location, path)))
                    return manifest with { Path = path, Attempt = attempt };
            }
        }
    }

    // Of an SVS every path a template can make is short enough, or the template was refused. In a folder each instance has a name of its own.
    private void RequireShort(string name, NamedOutput output)
    {
        if (output.Settings.Format == OutputFormat.Svs)
            return;
        var folder = Path.Join(output.Settings.Location ?? _stores.Own.Location, name);
        var longest = output.Receipts.Max(r => Path.Join(folder, SlideAssembly.NameInFolder(r)).Length);
        if (longest > FileNameTemplate.MaxPathChars)
            throw new IOException($"A path in '{output.Settings.Location ?? _stores.Own.Location}' would have {longest} characters, more than the {FileNameTemplate.MaxPathChars} that viewers on Windows open: use fewer words in the file name, or a shorter location; the slide waits.");
    }

    // SMB shares and Windows take names that differ in case for one.
    private static string Place(string? location, string path) => $"{location}/{path.ToUpperInvariant()}";

    private Dictionary<string, string> Values(SlideRecord record, NamedOutput output)
    {
        var (settings, metadata) = (output.Settings, output.Metadata);
        var scanned = metadata.ScanTime ?? output.Receipts.Min(r => r.ReceivedAt).UtcDateTime;
        return new Dictionary<string, string>(FileNameTemplate.BarcodeValues(metadata.Barcode ?? metadata.ContainerIdentifier, settings.BarcodeDelimiter), StringComparer.Ordinal)
        {
            ["Scanner"] = metadata.SerialNumber ?? "",
            ["Date"] = scanned.ToString("yyyyMMdd", CultureInfo.InvariantCulture),
            ["Time"] = scanned.ToString("HHmmss", CultureInfo.InvariantCulture),
            ["Rack"] = metadata.Rack ?? "",
            ["Slot"] = metadata.Slot ?? "",
            ["ImageId"] = output.ImageId,
            ["StudyUid"] = metadata.StudyInstanceUid ?? record.StudyInstanceUid,
            ["SeriesUid"] = metadata.SeriesInstanceUid ?? record.SeriesInstanceUid,
            ["Counter"] = settings.Template.Counts ? Count() : "",
        };
    }

    // A number skipped by a crash is no harm; one given twice would be.
    private string Count()
    {
        lock (_lock)
        {
            var last = File.Exists(_counterPath) ? long.Parse(File.ReadAllText(_counterPath), CultureInfo.InvariantCulture) : 0;
            var next = (last + 1).ToString(CultureInfo.InvariantCulture);
            DurableFile.Replace(_counterPath, System.Text.Encoding.ASCII.GetBytes(next));
            return next;
        }
    }
}
