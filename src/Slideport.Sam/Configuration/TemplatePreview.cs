using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.ImageMetadata;
using Slideport.Sam.Database;

namespace Slideport.Sam.Configuration;

/// <summary>What a template would have made of one real slide.</summary>
/// <param name="Barcode">Its barcode.</param>
/// <param name="IsValid">Whether it is a valid id under the pattern.</param>
/// <param name="Name">The name, without extension.</param>
internal sealed record PreviewedName(string? Barcode, bool IsValid, string Name);

/// <summary>Shows a file-name template on the slides that came last, before anybody's slides are named by it.</summary>
internal static class TemplatePreview
{
    internal const int Slides = 20;

    /// <summary>The names of the last slides under image settings; two that would be the same show the number the second gets.</summary>
    /// <exception cref="ConfigurationException">The template cannot be used.</exception>
    internal static async Task<IReadOnlyList<PreviewedName>> OfAsync(ImagesSettings settings, SamDatabases databases, CancellationToken cancellationToken)
    {
        if (!FileNameTemplate.TryParse(settings.ImageFilenameFormat, out var template, out var error))
            throw new ConfigurationException([new FieldError("images.imageFilenameFormat", error)]);
        if (BarcodeRules.PatternError(settings.BarcodePattern) is { } wrong)
            throw new ConfigurationException([new FieldError("images.barcodePattern", wrong)]);
        await using var database = databases.CreateDbContext();
        var last = await (
            from image in database.Images.AsNoTracking()
            join scanner in database.Scanners on image.ScannerId equals scanner.Id
            orderby image.Id descending
            select new { scanner.SerialNumber, image.Metadata }).Take(Slides).ToListAsync(cancellationToken);
        last.Reverse();
        var taken = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var names = new List<PreviewedName>();
        foreach (var row in last)
        {
            var image = JsonSerializer.Deserialize<ImageMetadata>(row.Metadata, ProtocolJson.Options)!;
            var name = template.Expand(Values(image, row.SerialNumber, settings.BarcodeDelimiter, names.Count + 1));
            var attempt = taken[name] = taken.GetValueOrDefault(name) + 1;
            names.Add(new PreviewedName(image.Barcode, BarcodeRules.IsValid(image.Barcode, settings.BarcodePattern), FileNameTemplate.WithSuffix(name, attempt, "")));
        }

        names.Reverse();
        return names;
    }

    private static Dictionary<string, string> Values(ImageMetadata image, string serialNumber, string delimiter, int counter) =>
        new(FileNameTemplate.BarcodeValues(image.Barcode, delimiter), StringComparer.Ordinal)
        {
            ["Scanner"] = serialNumber,
            ["Date"] = image.ScanTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture),
            ["Time"] = image.ScanTime.ToString("HHmmss", CultureInfo.InvariantCulture),
            ["Rack"] = image.Rack ?? "",
            ["Slot"] = image.Slot ?? "",
            ["ImageId"] = image.ImageId,
            ["StudyUid"] = image.StudyInstanceUid,
            ["SeriesUid"] = image.SeriesInstanceUid,
            ["Counter"] = counter.ToString(CultureInfo.InvariantCulture),
        };
}
