using Slideport.Dicom;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Viewing;
using Slideport.Slides;

namespace Slideport.Dsr.Locations;

/// <summary>Opens slides where they lie and reads what they tell of themselves: some kilobytes of each.</summary>
internal sealed class SlideLooker(ImageLocations locations)
{
    private const int MaxSentence = 900;

    /// <summary>What a slide's files tell; that they are no slide, or cannot be read, is an answer, too.</summary>
    /// <returns>The file with it; one that could not be read is looked at again the next time.</returns>
    /// <exception cref="IOException">The image file system is not there: nothing is known of the slide.</exception>
    internal async Task<(FoundFile File, SlideFacts Facts)> LookAsync(FoundFile file, CancellationToken cancellationToken)
    {
        try
        {
            using var slide = await OpenSlide.OpenAsync(new SlideFile(locations.StoreOf(file.Place.Location), file.Name), cancellationToken);
            return (file, SlideLook.At(slide.View.Slide));
        }
        catch (Exception e) when (e is SlideException or DicomException)
        {
            return (file, new SlideFacts { Problem = Sentence(e.Message) });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // One file's trouble, while the others are there, ends nothing.
            await locations.CheckAsync(file.Place.Location, cancellationToken);
            return (file with { LastWrite = FoundFile.Unsettled }, new SlideFacts { Problem = Sentence($"It cannot be read: {e.Message}") });
        }
    }

    private static string Sentence(string message) => SlideLook.Fit(message.ReplaceLineEndings(" "), MaxSentence)!;
}
