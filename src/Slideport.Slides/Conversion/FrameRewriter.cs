using System.Buffers;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Jpeg;
using Slideport.Slides.Jpeg2000;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// Writes frames one by one, where they cannot be used as they lie: fragments joined, headers patched, planes interleaved. Not one
/// coefficient or sample changes. Two buffers of one frame each, whatever the number of frames.
/// </summary>
/// <param name="instance">Where the frames are.</param>
/// <param name="coding">How they are coded.</param>
/// <param name="lengths">Becomes the length of each frame as written.</param>
internal sealed class FrameRewriter(WsiInstance instance, FrameCoding coding, int[] lengths)
{
    private byte[] _frame = [];
    private byte[] _patched = [];

    /// <summary>Appends a frame.</summary>
    /// <returns>Where it begins.</returns>
    /// <exception cref="SlideException">The frame has changed since it was surveyed.</exception>
    public long Append(int frame, SvsWriter writer, ref JpegPatchKinds patches)
    {
        var bytes = Rewrite(frame, ref patches);
        lengths[frame] = bytes.Length;
        return writer.Append(bytes);
    }

    /// <summary>The frame as an SVS tile; valid until the next call.</summary>
    public ReadOnlySpan<byte> Rewrite(int frame, ref JpegPatchKinds patches)
    {
        var length = DicomTiles.ReadFrame(instance, frame, ref _frame);
        var bytes = _frame.AsSpan(0, length);
        if (coding.Coding == TileCoding.Raw)
        {
            bytes = bytes[..lengths[frame]];
            if (!coding.IsPlanar) return bytes;
            Reserve(bytes.Length);
            RawFrame.Interleave(bytes, _patched);
            return _patched.AsSpan(0, bytes.Length);
        }

        if (coding.Coding == TileCoding.Jpeg2000)
        {
            if (Jp2.Unwrap(bytes, out var start, out var unwrapped) != OperationStatus.Done) throw Changed(frame);
            bytes = bytes.Slice(start, unwrapped);
        }

        if (coding.Coding == TileCoding.Jpeg2000)
            return JpegEnd.TrimmedLength(bytes) is >= 0 and var codestream ? bytes[..codestream] : throw Changed(frame);
        if (JpegHeader.Parse(bytes) is not { } header) throw Changed(frame);
        var end = JpegEnd.TrimmedLength(bytes, header.EndOfHeader);
        var isEnded = end >= 0;
        if (isEnded) bytes = bytes[..end];
        var patch = JpegPatch.For(header, coding.Color, isEnded);
        if (patch.Kinds == JpegPatchKinds.None) return bytes;
        patches |= patch.Kinds;
        Reserve(bytes.Length + JpegPatch.MaxGrowth);
        if (patch.Apply(bytes, _patched, out var written) != OperationStatus.Done) throw Changed(frame);
        return _patched.AsSpan(0, written);
    }

    private void Reserve(int length)
    {
        if (_patched.Length < length) _patched = new byte[length];
    }

    private SlideException Changed(int frame) =>
        new(FormattableString.Invariant($"{instance}: frame {frame + 1} has changed while it was being copied"));
}
