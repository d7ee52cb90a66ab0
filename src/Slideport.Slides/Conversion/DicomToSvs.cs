using Slideport.Slides.DicomWsi;

namespace Slideport.Slides.Conversion;

/// <summary>Turns a DICOM slide into an SVS whose tiles are its frames, byte for byte; see <see cref="SvsAssembly"/>.</summary>
public static class DicomToSvs
{
    /// <summary>Converts a slide.</summary>
    /// <param name="slide">The slide.</param>
    /// <param name="outputPath">The SVS, which must not exist. Removed again if the slide is refused or the work fails.</param>
    /// <param name="options">What goes into the SVS; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work between pieces.</param>
    /// <exception cref="SlideException">An instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed, or the output exists.</exception>
    public static ConversionResult Convert(
        DicomSlide slide, string outputPath, SvsOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (slide.Refusal is not null) return new ConversionResult(null, slide.Refusal);
        var result = default(ConversionResult);
        var assembly = SvsAssembly.Create(outputPath, options);
        try
        {
            return result = assembly.Finish(slide, cancellationToken);
        }
        finally
        {
            assembly.Dispose();
            if (result is not { IsConverted: true }) File.Delete(outputPath);
        }
    }
}
