using System.Globalization;
using System.Text;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>
/// Aperio's ImageDescription (270) of the full resolution, the thumbnail and the reduced levels: a banner, a line of geometry, then
/// <c>|key = value</c> for each property.
/// </summary>
/// <param name="Banner">First line: who wrote the file, e.g. <c>Aperio Leica Biosystems GT450 v1.0.0</c>.</param>
/// <param name="Geometry">Second line: size, scanned area, tile size, coding.</param>
/// <param name="Properties">Keys and values in file order.</param>
public sealed record SvsDescription(string Banner, string Geometry, IReadOnlyList<KeyValuePair<string, string>> Properties)
{
    /// <summary>
    /// Splits a description as OpenSlide does: at <c>|</c>, then at the first <c>=</c>. Never fails; what has no form is left out.
    /// </summary>
    public static SvsDescription Parse(string text)
    {
        var segments = text.Split('|');
        var lines = segments[0].Split(['\r', '\n'], 2, StringSplitOptions.TrimEntries);
        var properties = new List<KeyValuePair<string, string>>();
        foreach (var segment in segments.AsSpan(1))
        {
            var equals = segment.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0) properties.Add(new(segment[..equals].Trim(), segment[(equals + 1)..].Trim()));
        }

        return new SvsDescription(lines[0], lines.Length > 1 ? lines[1] : "", properties);
    }

    /// <summary>Value of the first property with this key; null if there is none.</summary>
    public string? Find(string key)
    {
        foreach (var property in Properties)
            if (property.Key == key) return property.Value;
        return null;
    }

    /// <summary>Micrometres per pixel (<c>MPP</c>) where it is a positive number.</summary>
    public double? MicronsPerPixel => Positive("MPP");

    /// <summary>Magnification of the objective (<c>AppMag</c>) where it is a positive number.</summary>
    public double? Magnification => Positive("AppMag");

    /// <summary>When the slide was scanned (<c>Date</c>, <c>Time</c>), on the scanner's clock; null where unreadable.</summary>
    public DateTime? ScanTime
    {
        get
        {
            string[] formats = ["MM/dd/yyyy", "MM/dd/yy"];
            if (!DateOnly.TryParseExact(Find("Date"), formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                return null;
            return TimeOnly.TryParseExact(Find("Time"), "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
                ? date.ToDateTime(time)
                : date.ToDateTime(TimeOnly.MinValue);
        }
    }

    /// <summary>
    /// Offset of the scanner's clock from UTC (<c>Time Zone</c>: GMT+hhmm or GMT+hh:mm); null where unreadable, as the
    /// <c>GMT+429496729200</c> some GT 450s write.
    /// </summary>
    public TimeSpan? TimeZone
    {
        get
        {
            var text = Find("Time Zone")?.Replace(":", "", StringComparison.Ordinal);
            if (text is not { Length: 8 } || !text.StartsWith("GMT", StringComparison.Ordinal) || text[3] is not ('+' or '-')) return null;
            if (!int.TryParse(text.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var hhmm)) return null;
            var (hours, minutes) = (hhmm / 100, hhmm % 100);
            if (hours > 14 || minutes > 59) return null;
            var offset = new TimeSpan(hours, minutes, 0);
            return text[3] == '-' ? -offset : offset;
        }
    }

    /// <summary>
    /// The text as a GT 450 writes it: banner, blank and CR LF, geometry, then the properties in alphabetical order. Everything is reduced
    /// to what no reader stumbles over (see <see cref="Clean(string)"/>); properties whose key or value is empty are left out.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(Clean(Banner)).Append(" \r\n").Append(Clean(Geometry, equals: '='));
        foreach (var (key, value) in Properties.OrderBy(property => property.Key, StringComparer.OrdinalIgnoreCase))
        {
            var (cleanKey, cleanValue) = (Clean(key), Clean(value));
            if (cleanKey.Length > 0 && cleanValue.Length > 0) text.Append('|').Append(cleanKey).Append(" = ").Append(cleanValue);
        }

        return text.ToString();
    }

    /// <summary>The geometry line: <c>46000x32914 [0,0,46000x32914] (256x256) JPEG/YCC Q=70</c>.</summary>
    /// <param name="width">Pixels across this page.</param>
    /// <param name="height">Pixels down this page.</param>
    /// <param name="tileWidth">Pixels across the level's tiles.</param>
    /// <param name="tileHeight">Pixels down the level's tiles.</param>
    /// <param name="compression">How the tiles are coded.</param>
    /// <param name="color">Colour space of the tiles.</param>
    /// <param name="quality">Quality of the coding, 1 to 100; null where unknown.</param>
    public static string FormatGeometry(
        int width, int height, int tileWidth, int tileHeight, TiffCompression compression, ColorSpace color, int? quality)
    {
        var coding = compression switch
        {
            TiffCompression.Jpeg when color == ColorSpace.YCbCr => "JPEG/YCC",
            TiffCompression.Jpeg => color == ColorSpace.Gray ? "JPEG/GRAY" : "JPEG/RGB",
            TiffCompression.Jpeg2000Rgb => "J2K/KDU",
            TiffCompression.Jpeg2000YCbCr => "J2K/YCC",
            _ => "RAW",
        };
        var text = FormattableString.Invariant($"{width}x{height} [0,0,{width}x{height}] ({tileWidth}x{tileHeight}) {coding}");
        return quality is { } q ? FormattableString.Invariant($"{text} Q={q}") : text;
    }

    /// <summary>
    /// The text of a label or macro page, <c>banner LF kind WxH</c>. A bare LF: OpenSlide before 4.0.1 finds no name behind CR LF and loses
    /// the picture.
    /// </summary>
    /// <param name="banner">First line.</param>
    /// <param name="kind"><c>label</c> or <c>macro</c>.</param>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    public static string FormatAssociated(string banner, string kind, int width, int height) =>
        string.Create(CultureInfo.InvariantCulture, $"{Clean(banner)}\n{kind} {width}x{height}");

    /// <summary>
    /// A number as readers of any locale parse it: dot, no exponent, up to six decimals, no trailing zeros beyond an integer's.
    /// </summary>
    public static string FormatNumber(double value) =>
        value.ToString(value == Math.Truncate(value) ? "F0" : "F6", CultureInfo.InvariantCulture);

    /// <summary>
    /// Text reduced to one line of printable ASCII without the separators <c>|</c> and <c>=</c>, trimmed: other bytes break OpenSlide's
    /// Python binding, and de-identification tools split each segment at <c>=</c> expecting exactly two parts.
    /// </summary>
    public static string Clean(string text) => Clean(text, equals: '-');

    private static string Clean(string text, char equals)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value switch
            {
                '|' => '/',
                '=' => equals,
                < 0x20 or 0x7F => ' ',
                > 0x7F => '?',
                _ => (char)rune.Value,
            });
        }

        return clean.ToString().Trim();
    }

    /// <summary>Whether the second line of a page's description begins with this word, as label and macro pages do.</summary>
    internal static bool NamesImage(string text, string kind)
    {
        var lines = text.Split(['\r', '\n'], 3, StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || !lines[1].StartsWith(kind, StringComparison.Ordinal)) return false;
        return lines[1].Length == kind.Length || lines[1][kind.Length] == ' ';
    }

    private double? Positive(string key) =>
        double.TryParse(Find(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
            ? value
            : null;
}
