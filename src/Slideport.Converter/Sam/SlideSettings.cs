using Slideport.Protocol.Configuration;

namespace Slideport.Converter.Sam;

/// <summary>What is to be made of a scanner's slides: SAM's word for it where there is one, else the converter's own settings.</summary>
/// <param name="Format">What is delivered.</param>
/// <param name="Template">Its name.</param>
/// <param name="BarcodeDelimiter">The character that parts a barcode; empty: it is not parted.</param>
/// <param name="Repeats">What happens when the name is taken.</param>
internal sealed record SlideSettings(OutputFormat Format, FileNameTemplate Template, string BarcodeDelimiter, RepeatRule Repeats)
{
    /// <summary>Of the delivered file; empty for a folder.</summary>
    internal string Extension => Format == OutputFormat.Svs ? ".svs" : "";

    /// <summary>The converter's own.</summary>
    /// <exception cref="ArgumentException">The template is none.</exception>
    internal static SlideSettings Of(ConverterOptions options) =>
        new(options.Format, Parse(options.FileNameTemplate), options.BarcodeDelimiter, RepeatRule.KeepBoth);

    /// <summary>Laid over the converter's own: what a scanner's page <i>Images</i> says.</summary>
    /// <exception cref="ArgumentException">Its template has a word this converter does not know.</exception>
    internal SlideSettings With(ImagesSettings images)
    {
        var format = images.Format switch { ImageFormat.Svs => OutputFormat.Svs, ImageFormat.Dicom => OutputFormat.Dicom, _ => Format };
        return images.ImageFilenameFormat.Length == 0
            ? this with { Format = format, Repeats = images.Repeats }
            : new SlideSettings(format, Parse(images.ImageFilenameFormat), images.BarcodeDelimiter, images.Repeats);
    }

    private static FileNameTemplate Parse(string text) => FileNameTemplate.TryParse(text, out var template, out var error) ? template : throw new ArgumentException(error);
}
