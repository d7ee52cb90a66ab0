using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.Slides;
using Slideport.Slides.DicomWsi;

namespace Slideport.Converter.Destinations;

/// <summary>The instances of a slide that is whole, open for making further outputs of them.</summary>
internal sealed class SpooledInstances : IDisposable
{
    private readonly List<WsiInstance> _instances = [];

    private SpooledInstances(IReadOnlyList<Receipt> receipts) => Receipts = receipts;

    /// <summary>Their receipts, ordered by UID.</summary>
    internal IReadOnlyList<Receipt> Receipts { get; }

    /// <summary>Why they cannot be taken for one slide, as a sentence; null when they can.</summary>
    internal string? Problem { get; private set; }

    /// <summary>The slide; null where <see cref="Problem"/> says why.</summary>
    internal DicomSlide? Slide { get; private set; }

    /// <summary>What the slide says of itself; nothing where it cannot be read.</summary>
    internal SlideMetadata Metadata => Slide?.Metadata ?? new SlideMetadata();

    /// <summary>Opens those that are named.</summary>
    /// <exception cref="SpoolException">One of them is gone.</exception>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    internal static SpooledInstances Open(SpooledSlide slide, IReadOnlyList<ManifestInstance> instances)
    {
        var receipts = instances.Select(i => slide.Find(i.SopInstanceUid)
            ?? throw new SpoolException($"Instance {i.SopInstanceUid} is gone from the spool; the scanner must send it again.")).ToList();
        var opened = new SpooledInstances(receipts);
        try
        {
            opened.Read(slide);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Dispose() => _instances.ForEach(i => i.Dispose());

    private void Read(SpooledSlide slide)
    {
        foreach (var receipt in Receipts)
        {
            try
            {
                _instances.Add(WsiInstance.Open(slide.PathOf(receipt)));
            }
            catch (DicomException e)
            {
                Problem ??= $"Instance {receipt.SopInstanceUid} cannot be read: {e.Message}";
            }
        }

        var slides = WsiSlide.Group(_instances);
        if (slides.Count != 1)
            Problem ??= $"The series holds {slides.Count} slides; what is delivered holds one.";
        Slide = slides is [var one] ? one : null;
    }
}
