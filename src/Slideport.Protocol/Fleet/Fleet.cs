using Slideport.Protocol.Configuration;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Protocol.Fleet;

/// <summary>What SAM tells the other roles of the scanners: <c>GET /role/fleet</c>.</summary>
/// <param name="Scanners">Those in service.</param>
/// <param name="RevokedCertificates">Certificates that are good no more, whoever held them: SHA-256, hexadecimal in small letters.</param>
public sealed record ScannerFleet(IReadOnlyList<FleetScanner> Scanners, IReadOnlyList<string> RevokedCertificates);

/// <summary>One scanner of the fleet.</summary>
/// <param name="SerialNumber">As SAM knows it.</param>
/// <param name="Certificates">By which it is known on every wire: SHA-256, hexadecimal in small letters.</param>
/// <param name="Images">What is to be made of its slides.</param>
public sealed record FleetScanner(string SerialNumber, IReadOnlyList<string> Certificates, ImagesSettings Images)
{
    /// <summary>How much of its events and logs is wanted: what an event server goes by.</summary>
    public EventHandlingSettings EventHandling { get; init; } = new();
}

/// <summary>A fleet as a role gets it.</summary>
/// <param name="Tag">To be given back with the next question.</param>
/// <param name="Fleet">It.</param>
public sealed record FleetAnswer(string Tag, ScannerFleet Fleet);

/// <summary>Which images the converter has instances of and wants to know the whole list: <c>POST /role/manifests</c>.</summary>
/// <param name="SeriesInstanceUids">At most <see cref="MaxSeries"/>.</param>
public sealed record ManifestQuestion(IReadOnlyList<string> SeriesInstanceUids)
{
    /// <summary>Most series in one question.</summary>
    public const int MaxSeries = 50;

    /// <summary>Everything wrong with it.</summary>
    public IReadOnlyList<FieldError> Validate() => SeriesInstanceUids.Count > MaxSeries
        ? [new FieldError("seriesInstanceUids", $"Ask for at most {MaxSeries} series at once.")]
        : [.. SeriesInstanceUids.Index().Where(uid => uid.Item is not { Length: > 0 } || !MessageText.Fits(uid.Item, 128)).Select(uid => new FieldError($"seriesInstanceUids[{uid.Index}]", "No DICOM UID."))];
}

/// <summary>All instances of one image, as its scanner told SAM (flow F7).</summary>
/// <param name="SerialNumber">The scanner that told.</param>
/// <param name="SeriesInstanceUid">The image's series.</param>
/// <param name="Instances">All of them: when these are there, the slide is complete.</param>
public sealed record ImageManifest(string SerialNumber, string SeriesInstanceUid, IReadOnlyList<ImageInstance> Instances);
