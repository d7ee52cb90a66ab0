using Slideport.ImageStore.Smb;
using Slideport.Protocol.Configuration;

namespace Slideport.Converter.Destinations;

/// <summary>A further place where slides go: <c>Converter:Destinations:NAME</c>.</summary>
public sealed record DestinationOptions
{
    /// <summary>Most destinations a converter has; each costs a thread's worth of work while slides go there.</summary>
    public const int MaxDestinations = 16;

    private const int MaxNameChars = 32;

    /// <summary>Where it is: a folder of this machine, or <c>smb://server[:port]/share/folder</c>.</summary>
    public string Location { get; init; } = "";

    /// <summary>A PACS instead of a location, as <c>host:port</c>: slides are stored there by DICOM and are there when it has taken responsibility for them.</summary>
    public string Pacs { get; init; } = "";

    /// <summary>The AE title of the PACS, 1–16 characters.</summary>
    public string PacsTitle { get; init; } = "";

    /// <summary>Whether it is spoken to over TLS; its certificate has to come from the installation's authorities, or <see cref="PacsAuthority"/>.</summary>
    public bool PacsTls { get; init; } = true;

    /// <summary>PEM file of the authorities that its certificate comes from, with their revocation lists; empty: the installation's.</summary>
    public string PacsAuthority { get; init; } = "";

    /// <summary>What is delivered there; to a PACS one of the DICOM formats.</summary>
    public OutputFormat Format { get; init; } = OutputFormat.Svs;

    /// <summary>Names there; see <see cref="ConverterOptions.FileNameTemplate"/>.</summary>
    public string FileNameTemplate { get; init; } = "{Barcode}_{Date}_{Time}";

    /// <summary>
    /// Whether slides go there without what tells whose they are: no label and overview, keyed pseudonyms, dates shifted; see
    /// <see cref="Slides.Deidentification.Deidentifier"/>.
    /// </summary>
    public bool Deidentify { get; init; }

    /// <summary>File with the key of the pseudonyms, 32 bytes or more; readable by the converter's user alone.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Only slides of scanners whose serial number matches this regular expression as a whole; empty: of all.</summary>
    public string Scanner { get; init; } = "";

    /// <summary>Only slides whose barcode matches.</summary>
    public string Barcode { get; init; } = "";

    /// <summary>Only slides with a stain that matches: its meaning as DICOM tells it, such as <c>hematoxylin stain</c>.</summary>
    public string Stain { get; init; } = "";

    /// <summary>Only slides of a department that matches (Institutional Department Name).</summary>
    public string Department { get; init; } = "";

    /// <summary>Everything wrong with it, a sentence each.</summary>
    /// <param name="name">Its name.</param>
    internal IEnumerable<string> Validate(string name)
    {
        var key = $"Converter:Destinations:{name}";
        if (name.Length is 0 or > MaxNameChars || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            yield return $"{key}: a destination's name has 1 to {MaxNameChars} letters, digits and hyphens.";
        var isShare = SmbLocation.IsMeant(Location);
        string? problem = null;
        if ((Location.Length == 0) == (Pacs.Length == 0))
            yield return $"{key}: name either Location, a folder or share where slides are to go, or Pacs.";
        else if (Pacs.Length > 0)
        {
            if (PacsError() is { } wrong)
                yield return $"{key}:{wrong}";
        }
        else if (isShare && !SmbLocation.TryParse(Location, out _, out problem))
            yield return $"{key}:Location is no share: {problem}."; // never repeated: it may hold a password
        else if (!isShare && !Path.IsPathFullyQualified(Location))
            yield return $"{key}:Location is no full path; write one like /mnt/research, or smb://server/share/folder.";
        if (!Protocol.Configuration.FileNameTemplate.TryParse(FileNameTemplate, out var template, out var error))
            yield return $"{key}:FileNameTemplate: {error}";
        else if (problem is null && Location.Length > 0 && template.TooLongAt(Location) is { } tooLong)
            yield return $"{key}:FileNameTemplate: {tooLong}";
        if (Deidentify != (KeyFile.Length > 0))
            yield return $"{key}:Deidentify and {key}:KeyFile go together: name a file with 32 bytes or more that nobody else reads ('openssl rand -base64 48' makes some), or neither.";
        foreach (var (rule, pattern) in ((string, string)[])[("Scanner", Scanner), ("Barcode", Barcode), ("Stain", Stain), ("Department", Department)])
        {
            if (BarcodeRules.PatternError(pattern) is { } wrong)
                yield return $"{key}:{rule}: {wrong}";
        }
    }

    private string? PacsError() =>
        ConverterOptions.HostAndPort(Pacs) is null ? $"Pacs is '{Pacs}'; write host:port, for example pacs.lab:11112."
        : PacsTitle.Trim().Length is < 1 or > 16 || !PacsTitle.All(c => c is >= ' ' and <= '~' and not '\\') ? $"PacsTitle '{PacsTitle}' must be 1 to 16 ASCII characters without backslash."
        : PacsAuthority.Length > 0 && !PacsTls ? "PacsAuthority means nothing without PacsTls; switch that on, or leave the authority out."
        : Format == OutputFormat.Svs ? "Format is Svs, which no PACS takes; write Dicom or DicomTiledFull."
        : null;
}
