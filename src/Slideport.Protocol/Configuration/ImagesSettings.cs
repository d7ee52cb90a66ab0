namespace Slideport.Protocol.Configuration;

/// <summary>What the DICOM Converter makes of a slide.</summary>
public enum ImageFormat
{
    /// <summary>One SVS file.</summary>
    Svs,

    /// <summary>The DICOM instances as they came.</summary>
    Dicom,
}

/// <summary>What happens when the file name of a slide is taken.</summary>
public enum RepeatRule
{
    /// <summary>Both are kept; the later one's name gets <c>_2</c>, <c>_3</c> …</summary>
    KeepBoth,

    /// <summary>The later slide is set aside until somebody decides.</summary>
    SetAside,
}

/// <summary>Page <i>Images</i>: the DICOM Converter, the image file system, and what the scanner makes.</summary>
public sealed record ImagesSettings
{
    private const string Share = "smb://";

    /// <summary>Host of the DICOM Converter; empty: the host scanners reach SAM under.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>TCP port of the DICOM Converter.</summary>
    public int Port { get; init; } = 2762;

    /// <summary>AE title of the DICOM Converter, 1–16 characters (PS3.5 6.2, VR AE).</summary>
    public string Title { get; init; } = "SLIDEPORT";

    /// <summary>Where the Converter puts finished slides: a folder of its machine as it names it, a mounted share among them, or on Windows a UNC path; empty: the Converter's own setting.</summary>
    public string FileLocation { get; init; } = "";

    /// <summary>What lies there; null: the Converter's own setting.</summary>
    public ImageFormat? Format { get; init; }

    /// <summary>Template of the file name, see <see cref="FileNameTemplate"/>; empty: the Converter's own setting, delimiter included.</summary>
    public string ImageFilenameFormat { get; init; } = "";

    /// <summary>What happens when the name is taken.</summary>
    public RepeatRule Repeats { get; init; } = RepeatRule.KeepBoth;

    /// <summary>Magnification factor of the scan, 0.1–4; 1 is the scanner's own.</summary>
    public double ScanScaleFactor { get; init; } = 1;

    /// <summary>JPEG quality the scanner compresses with, 1–100.</summary>
    public int ImageQuality { get; init; } = 91;

    /// <summary>Character that parts a barcode into <c>{Barcode:1}</c>, <c>{Barcode:2}</c> …; empty: it is not parted.</summary>
    public string BarcodeDelimiter { get; init; } = "";

    /// <summary>Regular expression (.NET, non-backtracking) a barcode must match to be a valid id; empty: any that can be read.</summary>
    public string BarcodePattern { get; init; } = "";

    /// <summary>Whether a slide without a valid id is refused by the scanner.</summary>
    public bool RequireValidId { get; init; }

    internal IEnumerable<FieldError> Validate()
    {
        if (Hostname.Length > 0 && !Host.IsValid(Hostname))
            yield return new FieldError("images.hostname", $"'{Hostname}' is neither a host name nor an address.");
        if (Port is < 1 or > 65535)
            yield return new FieldError("images.port", $"{Port} is no TCP port; write 1 to 65535.");
        if (Title.Trim().Length is < 1 or > 16 || !Title.All(c => c is >= ' ' and <= '~' and not '\\'))
            yield return new FieldError("images.title", $"'{Title}' is no AE title: 1 to 16 ASCII characters without backslash.");
        var refusal = LocationError();
        if (refusal is not null)
            yield return new FieldError("images.fileLocation", refusal);
        if (ImageFilenameFormat.Length > 0 && TemplateError(refusal is null ? FileLocation : "") is { } error)
            yield return new FieldError("images.imageFilenameFormat", error);
        if (ScanScaleFactor is not (>= 0.1 and <= 4))
            yield return new FieldError("images.scanScaleFactor", $"{ScanScaleFactor} is not between 0.1 and 4.");
        if (ImageQuality is < 1 or > 100)
            yield return new FieldError("images.imageQuality", $"{ImageQuality} is not between 1 and 100.");
        if (BarcodeDelimiter.Length > 1)
            yield return new FieldError("images.barcodeDelimiter", $"'{BarcodeDelimiter}' is more than one character.");
        if (BarcodeRules.PatternError(BarcodePattern) is { } wrong)
            yield return new FieldError("images.barcodePattern", wrong);
    }

    // Never repeats it: one that is refused may hold a password.
    private string? LocationError()
    {
        if (FileLocation.Length > 240 || FileLocation.Any(char.IsControl))
            return "The file location is longer than 240 characters, or has control characters in it.";
        if (FileLocation.StartsWith(Share, StringComparison.OrdinalIgnoreCase) && !IsShare(FileLocation))
            return "The file location is no share: write it like smb://server/share/folder, without a user and a password ('slideport store login' on the Converter's machine keeps those).";
        return FileLocation.Length == 0 || IsShare(FileLocation) || IsFullPath(FileLocation) ? null
            : "The file location is no full path on the Converter's machine; write one like /mnt/slides, D:\\slides, \\\\server\\share or smb://server/share.";
    }

    private string? TemplateError(string location) => FileNameTemplate.TryParse(ImageFilenameFormat, out var template, out var error) ? template.TooLongAt(location) : error;

    // What else is to be said of it the converter says, which has to reach it. What is before an @ may be a password.
    private static bool IsShare(string location) =>
        location.StartsWith(Share, StringComparison.OrdinalIgnoreCase) && !location.Contains('@', StringComparison.Ordinal)
            && location[Share.Length..].Split('/') is [{ Length: > 0 }, { Length: > 0 }, ..];

    // Of whichever system the Converter runs on.
    private static bool IsFullPath(string path) => path[0] == '/' || path.StartsWith(@"\\", StringComparison.Ordinal) || (path.Length > 2 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] is '\\' or '/');
}
