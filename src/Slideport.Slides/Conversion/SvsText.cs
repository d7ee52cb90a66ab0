using System.Globalization;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Words for the pages of an SVS from what a slide tells about itself. Each page states its own size and its own micrometres per pixel.
/// </summary>
internal sealed class SvsText
{
    /// <summary>Begins as Bio-Formats and the text-based label removers expect, and says who wrote the file.</summary>
    private const string OwnBanner = "Aperio Image Library v12.0.0 (Slideport)";

    private const string Gt450Banner = "Aperio Leica Biosystems GT450";

    private readonly SlideMetadata _metadata;
    private readonly SvsOptions _options;
    private readonly int _width;

    /// <param name="metadata">The slide's.</param>
    /// <param name="options">What may be written.</param>
    /// <param name="width">Pixels across the full resolution.</param>
    /// <param name="hasLabelAndMacro">
    /// Whether both are there: of a file with the GT 450's banner, scripts delete the last two pages as label and macro without looking.
    /// </param>
    public SvsText(SlideMetadata metadata, SvsOptions options, int width, bool hasLabelAndMacro)
    {
        (_metadata, _options, _width) = (metadata, options, width);
        Banner = metadata.IsGt450 && hasLabelAndMacro ? Gt450() : OwnBanner;
    }

    /// <summary>First line of every page's description.</summary>
    public string Banner { get; }

    /// <summary>Description of a level, or of the thumbnail with the base level's tile size.</summary>
    public string Page(int width, int height, int tileWidth, int tileHeight, TiffCompression compression, ColorSpace color, int? quality)
    {
        var properties = new List<KeyValuePair<string, string>>();
        void Add(string key, string? value)
        {
            if (value is not null) properties.Add(new(key, value));
        }

        Add("AppMag", _metadata.ObjectivePower is { } power ? SvsDescription.FormatNumber(power) : null);
        Add("Date", _metadata.ScanTime?.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture));
        Add("Time", _metadata.ScanTime?.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        Add("Time Zone", TimeZone());
        Add("MPP", _metadata.MicronsPerPixel is { } mpp ? (mpp * _width / width).ToString("F6", CultureInfo.InvariantCulture) : null);
        Add("Left", _metadata.Left is { } left ? SvsDescription.FormatNumber(left) : null);
        Add("Top", _metadata.Top is { } top ? SvsDescription.FormatNumber(top) : null);
        Add("ScanScope ID", _metadata.SerialNumber);
        Add("ScannerType", _metadata.Model);
        if (_options.IncludeIdentifiers || _options.Deidentifier is not null) // pseudonyms, in the latter case
        {
            Add("Barcode", _metadata.Barcode);
            Add("Title", _metadata.ContainerIdentifier);
        }

        var geometry = SvsDescription.FormatGeometry(width, height, tileWidth, tileHeight, compression, color, quality);
        return new SvsDescription(Banner, geometry, properties).ToString();
    }

    /// <summary>Description of the label or macro page.</summary>
    public string Picture(string kind, int width, int height) => SvsDescription.FormatAssociated(Banner, kind, width, height);

    private string? TimeZone() => _metadata.TimeZone is { } zone
        ? string.Create(CultureInfo.InvariantCulture, $"GMT{(zone < TimeSpan.Zero ? '-' : '+')}{zone:hhmm}")
        : null;

    /// <summary>
    /// The scanner's own banner where its software version is one, as it is when the slide once was an SVS; else model and version.
    /// </summary>
    private string Gt450()
    {
        var version = _metadata.SoftwareVersions ?? "";
        if (version.StartsWith(Gt450Banner, StringComparison.Ordinal)) return version.Split('\\')[0];
        var model = _metadata.Model?.Contains("DX", StringComparison.OrdinalIgnoreCase) == true ? Gt450Banner + " DX" : Gt450Banner;
        var number = version.Split('\\')[0].TrimStart('v', 'V');
        return number.Length > 0 && char.IsAsciiDigit(number[0]) ? $"{model} v{number}" : model;
    }
}
