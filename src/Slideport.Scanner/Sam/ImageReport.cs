using System.Globalization;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Files;
using Slideport.Protocol.ImageMetadata;
using Slideport.Scanner.Sending;
using Slideport.Scanner.Slides;

namespace Slideport.Scanner.Sam;

/// <summary>What the scanner tells SAM of a slide it has sent: what the instances say of themselves, and the hash of each.</summary>
internal static class ImageReport
{
    /// <summary>The report of one slide.</summary>
    /// <param name="instances">Its instances; their files must still be there.</param>
    /// <param name="options">Rack and slot.</param>
    /// <param name="configurationVersion">What it was scanned under.</param>
    /// <param name="scanTime">When.</param>
    internal static ImageMetadata Of(IReadOnlyList<SentInstance> instances, SlideOptions options, long configurationVersion, DateTimeOffset scanTime)
    {
        using var largest = Part10File.Open(instances.MaxBy(i => i.Bytes)!.Path);
        var set = largest.DataSet;
        var series = set.GetString(Tags.SeriesInstanceUID)!;
        return new ImageMetadata
        {
            ImageId = series.Length <= 64 ? series : series[^64..],
            SeriesInstanceUid = series,
            StudyInstanceUid = set.GetString(Tags.StudyInstanceUID) ?? "",
            Barcode = set.GetString(Tags.ContainerIdentifier),
            ScanTime = scanTime,
            Rack = options.Rack?.ToString(CultureInfo.InvariantCulture),
            Slot = options.Slot?.ToString(CultureInfo.InvariantCulture),
            Width = set.GetInt64(Tags.TotalPixelMatrixColumns),
            Height = set.GetInt64(Tags.TotalPixelMatrixRows),
            ConfigurationVersion = configurationVersion,
            Instances = [.. instances.Select(Instance)],
        };
    }

    private static ImageInstance Instance(SentInstance sent)
    {
        using var file = Part10File.Open(sent.Path);
        return new ImageInstance(sent.SopInstanceUid, FileHash.Sha256(sent.Path, file.DataSetOffset, CancellationToken.None), sent.Bytes);
    }
}
