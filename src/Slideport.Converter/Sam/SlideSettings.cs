using Slideport.Converter.Delivery;
using Slideport.Converter.Destinations;
using Slideport.Protocol.Configuration;

namespace Slideport.Converter.Sam;

/// <summary>What is to be made of a scanner's slides: SAM's word for it where there is one, else the converter's own settings.</summary>
/// <param name="Format">What is delivered.</param>
/// <param name="Template">Its name.</param>
/// <param name="BarcodeDelimiter">The character that parts a barcode; empty: it is not parted.</param>
/// <param name="Repeats">What happens when the name is taken.</param>
internal sealed record SlideSettings(OutputFormat Format, FileNameTemplate Template, string BarcodeDelimiter, RepeatRule Repeats)
{
    /// <summary>Where it goes, see <see cref="ImageStores.Named"/>; null: the converter's own image store.</summary>
    internal string? Location { get; private init; }

    /// <summary>Why this cannot be followed here, as a sentence: slides wait until it is mended. Null when it can.</summary>
    internal string? Problem { get; private init; }

    /// <summary>Of the delivered file; empty for a folder.</summary>
    internal string Extension => Format == OutputFormat.Svs ? ".svs" : "";

    /// <summary>What it is called in a sentence.</summary>
    internal string FormatName => Format switch { OutputFormat.Svs => "an SVS", OutputFormat.DicomTiledFull => "DICOM in TILED_FULL", _ => "DICOM" };

    /// <summary>The converter's own.</summary>
    /// <exception cref="ArgumentException">The template is none.</exception>
    internal static SlideSettings Of(ConverterOptions options) => new(
        options.Format,
        FileNameTemplate.TryParse(options.FileNameTemplate, out var template, out var error) ? template : throw new ArgumentException(error),
        options.BarcodeDelimiter,
        RepeatRule.KeepBoth);

    /// <summary>Of a further destination.</summary>
    /// <exception cref="ArgumentException">The template is none.</exception>
    internal static SlideSettings Of(DestinationOptions destination, ConverterOptions options, ImageStores stores) => new(
        destination.Format,
        FileNameTemplate.TryParse(destination.FileNameTemplate, out var template, out var error) ? template : throw new ArgumentException(error),
        options.BarcodeDelimiter,
        RepeatRule.KeepBoth)
    {
        Location = stores.Named(destination.Location),
    };

    /// <summary>Laid over the converter's own: what a scanner's page <i>Images</i> says.</summary>
    internal SlideSettings With(ImagesSettings images, ImageStores stores)
    {
        var settings = this with
        {
            Format = images.Format switch { ImageFormat.Svs => OutputFormat.Svs, ImageFormat.Dicom => OutputFormat.Dicom, _ => Format },
            Repeats = images.Repeats,
            Location = images.FileLocation.Length == 0 ? null : stores.Named(images.FileLocation),
        };
        if (images.ImageFilenameFormat.Length > 0)
        {
            if (!FileNameTemplate.TryParse(images.ImageFilenameFormat, out var template, out var error))
                return settings with { Problem = $"The file name that SAM's page Images asks for cannot be made by this converter: {error}" };
            settings = settings with { Template = template, BarcodeDelimiter = images.BarcodeDelimiter };
        }

        return settings with { Problem = settings.Template.TooLongAt(settings.Location ?? stores.Own.Location) };
    }
}
