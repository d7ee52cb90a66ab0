using System.Globalization;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.Protocol.Configuration;
using Slideport.Slides;

namespace Slideport.Converter.Delivery;

/// <summary>Names in the image store: each given to one slide only, before anything is published under it.</summary>
internal sealed class SlideNames
{
    private readonly Lock _lock = new(); // guards _taken and the counter's file
    private readonly HashSet<string> _taken;
    private readonly FileNameTemplate _template;
    private readonly string _barcodeDelimiter;
    private readonly string _extension;
    private readonly string _counterPath;

    /// <summary>Takes up the names that the spool's slides hold.</summary>
    internal SlideNames(SlideSpool spool, FileNameTemplate template, ConverterOptions options)
    {
        _template = template;
        _barcodeDelimiter = options.BarcodeDelimiter;
        _extension = options.Format == OutputFormat.Svs ? ".svs" : "";
        _counterPath = Path.Join(spool.Folder.Root, "counter");
        _taken = [.. spool.Slides.SelectMany(s => s.Record is { } r ? r.Earlier.Append(r.Manifest) : []).OfType<Manifest>().Select(m => Fold(m.Path))];
    }

    /// <summary>A manifest with a name of its own. A slide that has one from an earlier attempt keeps it.</summary>
    /// <param name="record">The slide.</param>
    /// <param name="receipts">Its instances.</param>
    /// <param name="metadata">What it says of itself.</param>
    internal Manifest Reserve(SlideRecord record, IReadOnlyList<Receipt> receipts, SlideMetadata metadata)
    {
        ManifestInstance[] instances = [.. receipts.Select(r => new ManifestInstance(r.SopInstanceUid, r.Sha256, r.DataSetBytes, r.SopClassUid))];
        if (record.Manifest is { } reserved && reserved.Path.EndsWith(_extension, StringComparison.Ordinal))
            return reserved with { Instances = instances, Sha256 = null, Bytes = null };
        var name = _template.Expand(Values(record, receipts, metadata));
        return Next(new Manifest { Instances = instances, Name = name, Path = "", Attempt = 0 });
    }

    /// <summary>The manifest under the next free name: somebody else's file lies under the present one.</summary>
    internal Manifest Next(Manifest manifest)
    {
        lock (_lock)
        {
            for (var attempt = manifest.Attempt + 1; ; attempt++)
            {
                var path = FileNameTemplate.WithSuffix(manifest.Name, attempt, _extension);
                if (_taken.Add(Fold(path)))
                    return manifest with { Path = path, Attempt = attempt };
            }
        }
    }

    // SMB shares and Windows take names that differ in case for one.
    private static string Fold(string path) => path.ToUpperInvariant();

    private Dictionary<string, string> Values(SlideRecord record, IReadOnlyList<Receipt> receipts, SlideMetadata metadata)
    {
        var scanned = metadata.ScanTime ?? receipts.Min(r => r.ReceivedAt).UtcDateTime;
        return new Dictionary<string, string>(FileNameTemplate.BarcodeValues(metadata.Barcode ?? metadata.ContainerIdentifier, _barcodeDelimiter), StringComparer.Ordinal)
        {
            ["Scanner"] = metadata.SerialNumber ?? "",
            ["Date"] = scanned.ToString("yyyyMMdd", CultureInfo.InvariantCulture),
            ["Time"] = scanned.ToString("HHmmss", CultureInfo.InvariantCulture),
            ["Rack"] = metadata.Rack ?? "",
            ["Slot"] = metadata.Slot ?? "",
            ["ImageId"] = record.Key.Name[..10],
            ["StudyUid"] = record.StudyInstanceUid,
            ["SeriesUid"] = record.SeriesInstanceUid,
            ["Counter"] = _template.Counts ? Count() : "",
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
