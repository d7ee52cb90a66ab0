using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Makes an SVS of a slide while its instances arrive: each level's pixel data goes into the file as soon as it is there, by the kernel's
/// own copy, so that little is left to do when the last one has come. The file is no TIFF before <see cref="Finish"/> has succeeded. Not
/// safe for concurrent use.
/// </summary>
/// <remarks>
/// What is copied: VOLUME instances, in the order they are given; small ones only at the end, since they may become the thumbnail or be
/// dropped. One may be copied while its bytes still arrive. If what was copied turns out not to be part of the slide, or not to be of use as
/// it lies, everything is copied again into a new file: a finished file holds nothing that is not the slide's.
/// </remarks>
public sealed class SvsAssembly : IDisposable
{
    private readonly string _path;
    private readonly SvsOptions _options;
    private readonly Dictionary<string, InstanceCopy> _copies = [];
    private SvsWriter _writer;
    private PixelsAhead? _ahead;
    private bool _hasWaste;

    private SvsAssembly(string path, SvsOptions options)
    {
        (_path, _options) = (path, options);
        _writer = SvsWriter.Create(path);
    }

    /// <summary>Whether <see cref="Finish"/> wrote everything into a new file: what lay in the one before is not what lies there now.</summary>
    public bool HasBegunAnew { get; private set; }

    /// <summary>Bytes in the file so far.</summary>
    public long Position => _writer.Position;

    /// <summary>Creates the file, which must not exist.</summary>
    /// <exception cref="IOException">The file exists or cannot be created.</exception>
    public static SvsAssembly Create(string path, SvsOptions? options = null) => new(path, options ?? new SvsOptions());

    /// <summary>
    /// Copies an instance's pixel data, if it is a large level whose frames an SVS can hold. Instances given already, by their SOP Instance
    /// UID, and all others are left for <see cref="Finish"/>.
    /// </summary>
    /// <exception cref="SlideException">The instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; this object can only be disposed of.</exception>
    public void Append(WsiInstance instance, CancellationToken cancellationToken = default)
    {
        // A refusal is the slide's business: it will be met again if the instance is part of it.
        if (IsLargeLevel(instance)) _ = Copy(instance, cancellationToken);
    }

    /// <summary>
    /// Copies what is there of an instance that is still arriving, if it is a large level whose frames look as if an SVS could hold them as they
    /// lie. Called again as more comes, and <see cref="Append"/> when it is whole; nothing else should be appended in between, or all is copied again.
    /// </summary>
    /// <param name="arriving">The instance; its file ends inside Pixel Data.</param>
    /// <param name="cancellationToken">Ends the work between pieces.</param>
    /// <returns>Whether any of it is in the file.</returns>
    /// <exception cref="SlideException">The file is shorter than it was.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public bool AppendArrived(WsiInstance arriving, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(arriving);
        var key = KeyOf(arriving);
        if (!IsLargeLevel(arriving) || _copies.ContainsKey(key) || (_ahead is not null && _ahead.Key != key)) return false;
        _ahead ??= PixelsAhead.TryBegin(arriving, _writer);
        _ahead?.CopyArrived(arriving, cancellationToken);
        return _ahead is not null;
    }

    /// <summary>
    /// Copies what is missing, writes the pictures beside the pyramid and the directories, and puts everything on stable storage.
    /// </summary>
    /// <param name="slide">The slide; its instances' files must still be there.</param>
    /// <param name="cancellationToken">Ends the work between frames or pieces.</param>
    /// <returns>A report, or the refusal; after one the file is of no use and is the caller's to remove.</returns>
    /// <exception cref="SlideException">An instance's file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading, writing or flushing failed.</exception>
    public ConversionResult Finish(DicomSlide slide, CancellationToken cancellationToken = default)
    {
        if (slide.Refusal is { } known) return new ConversionResult(null, known);
        if (slide.Completeness.Missing is [var missing, ..])
        {
            var attribute = slide.Levels.Count == 0 ? "ImageType" : "ConcatenationFrameOffsetNumber";
            return new ConversionResult(null, new Refusal($"The slide is not complete: {missing}", attribute));
        }

        if (_options.Deidentifier is not null && Deidentification.Deidentifier.RefusalOf(slide) is { } writing) return new ConversionResult(null, writing);

        var plan = LevelPlan.Choose(slide);
        StartOverUnlessNeeded(plan);
        foreach (var level in plan.Kept)
        {
            if ((level.Map() ?? CopyAll(level, cancellationToken)) is { } refusal) return new ConversionResult(null, refusal);
        }

        if (_options.Deidentifier is not null)
        {
            foreach (var part in plan.Kept.SelectMany(l => l.Parts))
                if (_copies[KeyOf(part)].BlankWords(part, _writer, cancellationToken) is { } unknown) return new ConversionResult(null, unknown);
        }

        return new SvsPages(slide, plan, _copies, _writer, _options, cancellationToken).Finish(_path);
    }

    /// <summary>Closes the file. One that was not finished stays behind; removing it is the owner's business.</summary>
    public void Dispose() => _writer.Dispose();

    /// <summary>The identity of an instance: sent twice it is still one.</summary>
    internal static string KeyOf(WsiInstance instance) => instance.SopInstanceUid.Length > 0 ? instance.SopInstanceUid : instance.Path;

    private static bool IsLargeLevel(WsiInstance instance) =>
        instance is { Flavor: WsiFlavor.Volume, IsWholeSlide: true, Defect: null, Geometry: { } size } && !LevelPlan.IsSmall(size);

    private void StartOverUnlessNeeded(LevelPlan plan)
    {
        var needed = plan.Kept.SelectMany(l => l.Parts).Select(KeyOf).ToHashSet();
        if (_ahead is null && !_hasWaste && _copies.Keys.All(needed.Contains)) return;
        _writer.Dispose();
        File.Delete(_path);
        _copies.Clear();
        (_ahead, _hasWaste, HasBegunAnew) = (null, false, true);
        _writer = SvsWriter.Create(_path);
    }

    /// <summary>Copies the parts of a level that are not there yet, and sees that they are all of one kind.</summary>
    private Refusal? CopyAll(DicomLevel level, CancellationToken cancellationToken)
    {
        foreach (var part in level.Parts)
        {
            if (Copy(part, cancellationToken) is { } refusal) return refusal;
            if (!_copies[KeyOf(part)].Coding.IsLike(_copies[KeyOf(level.Parts[0])].Coding))
                return new Refusal(
                    $"{level.Parts[0]} and {part} are parts of one level, but their frames are coded differently", "PixelData");
        }

        return null;
    }

    private Refusal? Copy(WsiInstance instance, CancellationToken cancellationToken)
    {
        if (_copies.ContainsKey(KeyOf(instance))) return null;
        var ahead = _ahead?.Key == KeyOf(instance) ? _ahead : null;
        var (copy, refusal) = InstanceCopy.Create(instance, _writer, ahead, cancellationToken);
        if (copy is not null) _copies.Add(KeyOf(instance), copy);
        // Whatever else was begun ahead cannot go on: it is not the last thing in the file any more.
        _hasWaste |= _ahead is not null && (ahead is null || copy is not { WasAhead: true });
        _ahead = null;
        return refusal;
    }
}
