using System.Globalization;
using Slideport.Converter.Destinations;
using Slideport.ImageStore.Smb;

namespace Slideport.Converter;

/// <summary>What the converter puts into the image file system.</summary>
public enum OutputFormat
{
    /// <summary>One SVS file per slide.</summary>
    Svs,

    /// <summary>The instances as they came, in a folder per slide.</summary>
    Dicom,

    /// <summary>The instances with their frames row by row, as open viewers read them, in a folder per slide.</summary>
    DicomTiledFull,
}

/// <summary>Settings of the DICOM Converter: section <c>Converter</c>, and <c>ImageStore:Location</c>.</summary>
public sealed record ConverterOptions
{
    /// <summary>Address of the network interface to listen on; <c>*</c> for all.</summary>
    public string Address { get; init; } = "*";

    /// <summary>TCP port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; } = 2762;

    /// <summary>Whether associations run over TLS.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>Whether a scanner must show a certificate of this site's own authority. Off lets in whoever can reach the port.</summary>
    public bool RequireClientCertificate { get; init; } = true;

    /// <summary>What is delivered.</summary>
    public OutputFormat Format { get; init; } = OutputFormat.Svs;

    /// <summary>Our AE title, 1–16 characters.</summary>
    public string AETitle { get; init; } = "SLIDEPORT";

    /// <summary>Largest instance accepted, in bytes.</summary>
    public long MaxInstanceBytes { get; init; } = 64L << 30;

    /// <summary>Free space the spool's disk must keep, in bytes: below it instances are refused before their data.</summary>
    public long SpoolReserveBytes { get; init; } = 1L << 30;

    /// <summary>How full the spool's disk may be, in percent, before associations are refused; 100 never refuses them for it.</summary>
    public int SpoolFullPercent { get; init; } = 95;

    /// <summary>
    /// Room on the spool's disk, in percent, that slides waiting for further destinations leave free: below it those that have waited longest are let go
    /// of, and only by these, before scanners are refused; 0 never does.
    /// </summary>
    public int DestinationReservePercent { get; init; } = 10;

    /// <summary>How long nothing must have come, after the sender released its association, for a slide to be taken as complete.</summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the spool keeps a slide after its delivered copy was verified.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often every instance in the spool is read again and compared with its receipt, spread over that time; 0 never does.</summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Names in the image store: <c>{Barcode}</c>, <c>{Scanner}</c>, <c>{Date}</c>, <c>{Time}</c>, <c>{Rack}</c>, <c>{Slot}</c>, <c>{ImageId}</c>,
    /// <c>{Counter}</c>, <c>{StudyUid}</c>, <c>{SeriesUid}</c>, and <c>/</c> for sub-folders.</summary>
    public string FileNameTemplate { get; init; } = "{Barcode}_{Date}_{Time}";

    /// <summary>The character that parts a barcode into <c>{Barcode:1}</c>, <c>{Barcode:2}</c> …; empty: it is not parted.</summary>
    public string BarcodeDelimiter { get; init; } = "";

    /// <summary>
    /// Where a scanner is called back with its storage commitment report when its association is gone: its AE title, and <c>host:port</c>. Over TLS
    /// where <see cref="Tls"/> is on. A scanner that is not named asks again.
    /// </summary>
    public IReadOnlyDictionary<string, string> CommitmentCallbacks { get; init; } = new Dictionary<string, string>();

    /// <summary>Further places where slides go, by name; each has its own rules, and a slide stays in the spool until all whose rules chose it have it.</summary>
    public IReadOnlyDictionary<string, DestinationOptions> Destinations { get; init; } = new Dictionary<string, DestinationOptions>();

    /// <summary>What SAM calls this converter, unlike any other; empty: the machine's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// The SAM DataServer that knows the scanners, <c>host:port</c>; empty: the one in this process, or none. Without one every scanner with a
    /// certificate of the authority is let in, and the settings here hold for all.
    /// </summary>
    public string Sam { get; init; } = "";

    /// <summary>Folder of the spool; on a local disk.</summary>
    public string SpoolFolder { get; init; } = "data/spool";

    /// <summary>The image file system (<c>ImageStore:Location</c>): a folder of this machine, or <c>smb://server[:port]/share/folder</c>.</summary>
    public string ImageStoreLocation { get; init; } = "data/images";

    /// <summary>Folder with a file for each server that shares are on, named after it: who we are there (<c>ImageStore:Credentials</c>).</summary>
    public string ShareCredentialsFolder { get; init; } = "data/smb";

    /// <summary>Everything wrong with the settings, a sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        void Check(bool holds, string sentence)
        {
            if (!holds)
                errors.Add(sentence);
        }

        Check(Address == "*" || System.Net.IPAddress.TryParse(Address, out _), $"Converter:Address '{Address}' is neither * nor an IP address.");
        Check(Port is >= 0 and <= 65535, $"Converter:Port is {Port}; it must be 0 to 65535.");
        Check(AETitle.Trim().Length is >= 1 and <= 16 && AETitle.All(c => c is >= ' ' and <= '~' and not '\\'), $"Converter:AETitle '{AETitle}' must be 1 to 16 ASCII characters without backslash.");
        Check(Tls || !RequireClientCertificate, "Converter:RequireClientCertificate needs Converter:Tls: without TLS there are no certificates; switch both off or both on.");
        Check(MaxInstanceBytes >= 1 << 20, $"Converter:MaxInstanceBytes is {MaxInstanceBytes}; below 1 MiB no slide fits.");
        Check(SpoolReserveBytes >= 0, $"Converter:SpoolReserveBytes is {SpoolReserveBytes}; it cannot be negative.");
        Check(SpoolFullPercent is >= 1 and <= 100, $"Converter:SpoolFullPercent is {SpoolFullPercent}; it must be 1 to 100.");
        Check(DestinationReservePercent is >= 0 and <= 90, $"Converter:DestinationReservePercent is {DestinationReservePercent}; it must be 0 to 90.");
        Check(Destinations.Count == 0 || DestinationReservePercent == 0 || SpoolFullPercent == 100 || DestinationReservePercent > 100 - SpoolFullPercent, $"Converter:DestinationReservePercent is {DestinationReservePercent}, but associations are refused when {SpoolFullPercent} % are full (Converter:SpoolFullPercent): slides that wait for destinations must be let go of before.");
        Check(QuietTime >= TimeSpan.Zero && QuietTime <= TimeSpan.FromDays(1), $"Converter:QuietTime is {QuietTime}; it must be between 0 and one day.");
        Check(Retention >= TimeSpan.Zero && Retention <= TimeSpan.FromDays(3650), $"Converter:Retention is {Retention}; it must be between 0 and ten years.");
        Check(ScrubInterval == TimeSpan.Zero || (ScrubInterval >= TimeSpan.FromMinutes(1) && ScrubInterval <= TimeSpan.FromDays(365)), $"Converter:ScrubInterval is {ScrubInterval}; it must be 0 (never), or between one minute and a year.");
        Check(BarcodeDelimiter.Length <= 1, $"Converter:BarcodeDelimiter '{BarcodeDelimiter}' is more than one character.");
        Check(SpoolFolder.Length > 0, "Converter:SpoolFolder is empty; name a folder on a local disk.");
        Check(ImageStoreLocation.Length > 0, "ImageStore:Location is empty; name the folder where slides are to be delivered.");
        var isShare = SmbLocation.IsMeant(ImageStoreLocation);
        if (!SmbLocation.TryParse(ImageStoreLocation, out _, out var problem) && isShare)
            errors.Add($"ImageStore:Location is no share: {problem}.");
        Check(!isShare || Retention > TimeSpan.Zero, "Converter:Retention is 0, but what is sent to a share cannot be flushed there: keep slides for some days, in which the server has them on its disk for certain.");
        Check(Name.Length == 0 || !Protocol.Slides.ConverterHealth.ValidateName(Name).Any(), $"Converter:Name is '{Name}'; write 1 to 64 letters, digits, points, hyphens and underscores.");
        Check(Sam.Length == 0 || HostAndPort(Sam) is not null, $"Converter:Sam is '{Sam}'; write host:port, for example sam.lab:44386.");
        foreach (var (title, address) in CommitmentCallbacks)
            Check(HostAndPort(address) is not null, $"Converter:CommitmentCallbacks:{title} is '{address}'; write host:port, for example scanner1.lab:2762.");
        Check(Destinations.Count <= DestinationOptions.MaxDestinations, $"Converter:Destinations has {Destinations.Count} destinations; {DestinationOptions.MaxDestinations} are the most.");
        Check(Destinations.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() == Destinations.Count, "Converter:Destinations has two whose names differ in case only.");
        foreach (var (name, destination) in Destinations)
        {
            errors.AddRange(destination.Validate(name));
            Check(Tls || destination.Pacs.Length == 0 || !destination.PacsTls, $"Converter:Destinations:{name}:PacsTls needs Converter:Tls, which brings the certificates; switch both on, or PacsTls off.");
            Check(Retention > TimeSpan.Zero || !SmbLocation.IsMeant(destination.Location), $"Converter:Retention is 0, but Converter:Destinations:{name} is a share: keep slides for some days, in which the server has them on its disk for certain.");
        }

        if (!Protocol.Configuration.FileNameTemplate.TryParse(FileNameTemplate, out var template, out var error))
            errors.Add($"Converter:FileNameTemplate: {error}");
        else if (template.TooLongAt(!isShare ? Path.GetFullPath(ImageStoreLocation, "/") : problem is null ? ImageStoreLocation : "") is { } tooLong) // one that is refused may hold a password
            errors.Add($"Converter:FileNameTemplate: {tooLong}");
        return errors;
    }

    /// <summary><c>host:port</c>, with brackets around an IPv6 address; null when it is something else.</summary>
    public static (string Host, int Port)? HostAndPort(string address)
    {
        var colon = address.LastIndexOf(':');
        return colon > 0 && Uri.CheckHostName(address[..colon]) != UriHostNameType.Unknown
            && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? (address[..colon].Trim('[', ']'), port)
            : null;
    }
}
