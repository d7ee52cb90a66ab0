using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slideport.Slides;
using Spectre.Console;

namespace Slideport.Commands;

/// <summary><c>slideport info</c>: what a slide is.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "An SVS, a DICOM file, or a folder of DICOM files." };
        var json = GlobalOptions.Json();
        var command = new Command("info", "Tell what a slide is: levels, tiles, pictures, what it says of itself.\n\nExample: slideport info slide.svs") { path, json };
        command.SetAction(parsed => Run(parsed.GetValue(path)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(string path, bool json)
    {
        if (!Path.Exists(path))
            throw new UsageException($"There is no {path}.");
        var slides = SlideInfo.Read(path);
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(slides, JsonText.Options));
        else
            foreach (var slide in slides)
                Print(slide);
        return ExitCode.Done;
    }

    private static void Print(SlideInfo slide)
    {
        var m = slide.Metadata;
        Console.WriteLine($"{slide.Path}: {slide.Format}, {slide.Files} file{(slide.Files == 1 ? "" : "s")}");
        Line("Scanner", string.Join(' ', new[] { m.Manufacturer, m.Model, m.SerialNumber }.OfType<string>()));
        Line("Scanned", m.ScanTime?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        Line("Barcode", m.Barcode ?? m.ContainerIdentifier);
        Line("Resolution", m.MicronsPerPixel is { } mpp ? string.Create(CultureInfo.InvariantCulture, $"{mpp:0.######} µm per pixel{(m.ObjectivePower is { } power ? $", {power:0.#}x" : "")}") : null);
        Line("ICC profile", slide.IccProfileBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes") : null);

        var table = new Table().Border(TableBorder.Simple).AddColumns("", "Pixels", "Tiles", "Coding", "µm/px");
        foreach (var (index, level) in slide.Levels.Index())
        {
            table.AddRow(
                string.Create(CultureInfo.InvariantCulture, $"level {index}"), $"{level.Width} x {level.Height}", $"{level.Tiles} of {level.TileWidth} x {level.TileHeight}",
                Markup.Escape(level.CodingName), level.MicronsPerPixel?.ToString("0.####", CultureInfo.InvariantCulture) ?? "");
        }

        foreach (var picture in slide.Pictures)
            table.AddRow(picture.Kind.ToString().ToLowerInvariant(), $"{picture.Width} x {picture.Height}", "", picture.Coding.ToString(), "");
        AnsiConsole.Write(table);
        foreach (var note in slide.Missing.Concat(slide.Alerts))
            Console.WriteLine(note);
        if (slide.Refusal is { } refusal)
            Console.WriteLine($"Cannot become an SVS: {refusal.Reason} ({refusal.Attribute})");
    }

    private static void Line(string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
            Console.WriteLine($"  {name,-12}{value}");
    }
}
