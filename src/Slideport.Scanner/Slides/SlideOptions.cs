using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Scanner.Slides;

/// <summary>What the slide on the virtual stage is like, and how its instances are written.</summary>
public sealed record SlideOptions
{
    /// <summary>Pixels of a generated slide unless said otherwise: 5 x 3.75 mm.</summary>
    public static (int Width, int Height) DefaultSize => (20000, 15000);

    /// <summary>
    /// Pixels of the full resolution: a generated slide is made of that size; an SVS's tiles are repeated to fill it. Null: the SVS as it is,
    /// <see cref="DefaultSize"/> for a generated slide.
    /// </summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Each level of a generated or repeated slide is this many times smaller than the one before: 4 as a GT 450's, or 2.</summary>
    public int PyramidStep { get; init; } = 4;

    /// <summary>
    /// Factor of the scan's magnification: a generated slide has so many times the pixels each way, as through a lens so many times stronger.
    /// Slides from files are as they were scanned.
    /// </summary>
    public double ScaleFactor { get; init; } = 1;

    /// <summary>JPEG quality of what has to be coded.</summary>
    public int Quality { get; init; } = 85;

    /// <summary>What the generated tissue looks like.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The slide's bar code, and its name; null: what the slide itself says.</summary>
    public string? Barcode { get; init; }

    /// <summary>Rack of the scanner; null where the slide was laid in by hand.</summary>
    public int? Rack { get; init; }

    /// <summary>Slot of the rack.</summary>
    public int? Slot { get; init; }

    /// <summary>Serial number of the scanner; null: what the slide says of the one it was scanned on.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>Whether the label is sent.</summary>
    public bool IncludeLabel { get; init; } = true;

    /// <summary>Whether the picture of the overview camera is sent.</summary>
    public bool IncludeOverview { get; init; } = true;

    /// <summary>Whether the thumbnail is sent.</summary>
    public bool IncludeThumbnail { get; init; } = true;

    /// <summary>Layout, sizes and identifiers of the instances.</summary>
    public WsiWriterOptions Writer { get; init; } = new() { Flush = false };

    /// <summary>Clock: a slide is scanned now.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Rack and slot as a person reads them; empty without a rack.</summary>
    internal string Place => (Rack, Slot) switch
    {
        (null, _) => "",
        ({ } rack, null) => FormattableString.Invariant($"Rack {rack}"),
        ({ } rack, { } slot) => FormattableString.Invariant($"Rack {rack} Slot {slot}"),
    };

    /// <summary>Puts the options' identity into what a slide says of itself. DICOM has no attribute for racks; the series' description names it.</summary>
    internal WsiSeriesDescription Describe(WsiSeriesDescription series)
    {
        if (Barcode is { Length: > 0 } barcode) series = series with { ContainerIdentifier = barcode, Barcode = barcode };
        if (SerialNumber is { Length: > 0 } serial) series = series with { SerialNumber = serial };
        var now = TimeProvider.GetLocalNow();
        return series with { Description = Place, AcquisitionTime = now.DateTime, TimeZone = now.Offset };
    }

    internal bool Includes(WsiImageDescription image) => image.Flavor switch
    {
        WsiImageFlavor.Thumbnail => IncludeThumbnail,
        WsiImageFlavor.Label => IncludeLabel,
        WsiImageFlavor.Overview => IncludeOverview,
        _ => true,
    };
}
