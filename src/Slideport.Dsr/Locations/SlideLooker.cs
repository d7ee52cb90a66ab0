using Slideport.Dicom;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Viewing;
using Slideport.Slides;

namespace Slideport.Dsr.Locations;

/// <summary>Opens slides where they lie and reads what they tell of themselves: some kilobytes of each.</summary>
internal sealed class SlideLooker(ImageLocations locations)
{
    /// <summary>What a slide's files tell; that they are no slide is an answer, too.</summary>
    /// <exception cref="IOException">The image file system cannot be read: nothing is known of the slide.</exception>
    internal async Task<SlideFacts> LookAsync(FoundFile file, CancellationToken cancellationToken)
    {
        try
        {
            using var slide = await OpenSlide.OpenAsync(new SlideFile(locations.StoreOf(file.Place.Location), file.Name), cancellationToken);
            return SlideLook.At(slide.View.Slide);
        }
        catch (Exception e) when (e is SlideException or DicomException or FileNotFoundException or DirectoryNotFoundException)
        {
            return new SlideFacts { Problem = Sentence(e.Message) };
        }
    }

    private static string Sentence(string message) => message.ReplaceLineEndings(" ") is var line && line.Length > 900 ? line[..900] + "…" : line;
}
