using Slideport.Dicom;
using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// One instance's frames in the output: where each lies, 12 bytes a frame. Usually the whole pixel data is there in one piece, as the
/// kernel copied it, and the offsets point into it past item headers and padding.
/// </summary>
internal sealed class InstanceCopy
{
    // An item's header, and padding.
    private const int MaxPlainGap = 12;

    private readonly long[] _offsets;
    private readonly int[] _lengths;

    private InstanceCopy(
        FrameCoding coding, FileRange all, long[] offsets, int[] lengths, int rewritten, JpegPatchKinds patches, IReadOnlyList<string> warnings)
    {
        (Coding, All, _offsets, _lengths) = (coding, all, offsets, lengths);
        (RewrittenFrames, Patches, Warnings) = (rewritten, patches, warnings);
    }

    /// <summary>How the frames are coded.</summary>
    public FrameCoding Coding { get; }

    /// <summary>All that was written for the instance: its frames, and what lay between them.</summary>
    public FileRange All { get; }

    /// <summary>Whether what was copied while the instance arrived is part of it.</summary>
    public bool WasAhead { get; private init; }

    /// <summary>Frames that went in one by one.</summary>
    public int RewrittenFrames { get; }

    /// <summary>Header changes made to some or all of them.</summary>
    public JpegPatchKinds Patches { get; }

    /// <summary>What somebody may want to know.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Where a frame lies in the output, without padding.</summary>
    public FileRange this[int frame] => new(_offsets[frame], _lengths[frame]);

    /// <summary>
    /// Checks every frame, then copies them: all at once if they can be used as they are, else one by one.
    /// </summary>
    /// <param name="instance">The instance.</param>
    /// <param name="writer">The output.</param>
    /// <param name="ahead">What was copied of it while it arrived; null for nothing.</param>
    /// <param name="cancellationToken">Ends the work between frames or pieces.</param>
    /// <returns>The copy; or, with nothing written, what stands in the way.</returns>
    /// <exception cref="SlideException">The file ends inside a frame.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public static (InstanceCopy? Copy, Refusal? Refusal) Create(
        WsiInstance instance, SvsWriter writer, PixelsAhead? ahead, CancellationToken cancellationToken)
    {
        if (instance.Defect is { } defect) return (null, defect);
        try
        {
            _ = instance.Frames;
        }
        catch (DicomFormatException e)
        {
            return (null, WsiRules.Refuse(instance, e.Message, "PixelData"));
        }

        var warnings = new List<string>(instance.Warnings);
        var (coding, refusal) = FrameCoding.Of(instance, warnings);
        if (coding is null) return (null, refusal);
        var survey = new FrameSurvey(instance, coding);
        if (survey.Run(cancellationToken) is { } misfit) return (null, misfit);

        var frames = new FrameRewriter(instance, coding, survey.Lengths);
        var all = WholeOf(instance);
        var wasAhead = survey.CanCopyInBulk && ahead?.TryComplete(instance, all, cancellationToken) == true;
        var start = wasAhead ? ahead!.Start : writer.Position;
        var (offsets, rewritten, patches) = survey.CanCopyInBulk
            ? UseInBulk(survey, (wasAhead ? start : writer.AppendBulk(instance.File.Handle, all, cancellationToken)) - all.Offset, frames, writer)
            : RewriteAll(survey, frames, writer, cancellationToken);
        if (survey.Unended.Count > 0) warnings.Add($"{instance}: {survey.Unended.Count} frames had no end marker and have got one");
        var copy = new InstanceCopy(coding, new FileRange(start, writer.Position - start), offsets, survey.Lengths, rewritten, patches, warnings) { WasAhead = wasAhead };
        return (copy, null);
    }

    /// <summary>Blanks what in the output may hold words, in the frames and between them.</summary>
    /// <returns>Null, or the first frame that cannot be searched.</returns>
    public Refusal? BlankWords(WsiInstance instance, SvsWriter writer, CancellationToken cancellationToken)
    {
        var (at, buffer, words) = (All.Offset, Array.Empty<byte>(), new List<FileRange>());
        foreach (var frame in Enumerable.Range(0, _offsets.Length).OrderBy(f => _offsets[f]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            BlankGap(writer, at, _offsets[frame]);
            at = _offsets[frame] + _lengths[frame];
            if (Coding.Coding == TileCoding.Raw) continue;
            if (buffer.Length < _lengths[frame]) buffer = new byte[_lengths[frame]];
            var bytes = buffer.AsSpan(0, writer.Read(buffer.AsSpan(0, _lengths[frame]), _offsets[frame]));
            if (!FrameWords.TryFind(bytes, words)) return WsiRules.Refuse(instance, $"frame {frame + 1} is coded so that it cannot be searched for words", "PixelData");
            foreach (var range in words)
                if (bytes.Slice((int)range.Offset, (int)range.Length).ContainsAnyExcept((byte)0)) writer.Blank(range with { Offset = _offsets[frame] + range.Offset });
        }

        BlankGap(writer, at, All.Offset + All.Length);
        return null;
    }

    private static void BlankGap(SvsWriter writer, long from, long to)
    {
        if (to - from > MaxPlainGap) writer.Blank(new FileRange(from, to - from));
    }

    // From the first frame's first byte to the last one's last.
    private static FileRange WholeOf(WsiInstance instance)
    {
        var (first, last) = (instance.Frames[0], instance.Frames[instance.FrameCount - 1]);
        return new FileRange(first.Offset, last.Offset + last.Length - first.Offset);
    }

    // All of them lie in the output as one piece; single frames that need it follow behind.
    private static (long[] Offsets, int Rewritten, JpegPatchKinds Patches) UseInBulk(FrameSurvey survey, long shift, FrameRewriter frames, SvsWriter writer)
    {
        var offsets = survey.Offsets;
        for (var frame = 0; frame < offsets.Length; frame++) offsets[frame] += shift;
        var patches = JpegPatchKinds.None;
        foreach (var frame in survey.Unended) offsets[frame] = frames.Append(frame, writer, ref patches);
        return (offsets, survey.Unended.Count, patches);
    }

    private static (long[] Offsets, int Rewritten, JpegPatchKinds Patches) RewriteAll(
        FrameSurvey survey, FrameRewriter frames, SvsWriter writer, CancellationToken cancellationToken)
    {
        var offsets = survey.Offsets;
        var patches = JpegPatchKinds.None;
        for (var frame = 0; frame < offsets.Length; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            offsets[frame] = frames.Append(frame, writer, ref patches);
        }

        return (offsets, offsets.Length, patches);
    }
}
