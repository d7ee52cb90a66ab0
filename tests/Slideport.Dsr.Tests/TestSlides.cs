using Slideport.Scanner.Slides;
using Slideport.Slides;
using Slideport.Slides.Conversion;

namespace Slideport.Dsr.Tests;

/// <summary>Small slides of generated tissue, made once for all tests.</summary>
internal static class TestSlides
{
    internal const string Barcode = "S26-1234;A1;HE";

    private static readonly Lazy<(string Svs, string Dicom)> Made = new(Make);

    /// <summary>Puts an SVS there.</summary>
    internal static void PutSvs(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Made.Value.Svs, path);
    }

    /// <summary>Puts the same slide there as a folder of DICOM instances.</summary>
    internal static void PutDicom(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Made.Value.Dicom))
            File.Copy(file, Path.Join(folder, Path.GetFileName(file)));
    }

    /// <summary>The slide's series.</summary>
    internal static string Series
    {
        get
        {
            using var source = SlideSource.Open(Made.Value.Dicom);
            return source.Single().Metadata.SeriesInstanceUid!;
        }
    }

    private static (string Svs, string Dicom) Make()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-testslides-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var dicom = Path.Join(folder, "dicom");
        VirtualStage.Scan(ScanSource.Generated, dicom, new SlideOptions { Size = (1500, 1100), Barcode = Barcode, SerialNumber = "SS45001" });
        using var source = SlideSource.Open(dicom);
        var svs = Path.Join(folder, "slide.svs");
        Assert.True(DicomToSvs.Convert(source.Single().Dicom!, svs, new SvsOptions { IncludeIdentifiers = true }, TestContext.Current.CancellationToken).IsConverted);
        return (svs, dicom);
    }
}
