namespace Slideport.Dicom.Part10;

/// <summary>
/// Where each frame of an instance lies in its file: flat arrays of some 12 bytes per fragment, so that a level of 140 000 frames costs 2
/// MB.
/// </summary>
public sealed class FrameIndex
{
    private readonly FragmentTable? _fragments;
    private readonly int[]? _firstFragments; // one more than frames; null where each frame is one fragment
    private readonly long _nativeOffset;
    private readonly long _nativeFrameBytes;

    /// <summary>Frames in fragments.</summary>
    internal FrameIndex(FragmentTable fragments, int count, int[]? firstFragments, IReadOnlyList<string> warnings)
    {
        _fragments = fragments;
        _firstFragments = firstFragments;
        Count = count;
        Warnings = warnings;
    }

    /// <summary>Frames one after the other.</summary>
    internal FrameIndex(long offset, long frameBytes, int count)
    {
        _nativeOffset = offset;
        _nativeFrameBytes = frameBytes;
        Count = count;
        Warnings = [];
    }

    /// <summary>Number of frames.</summary>
    public int Count { get; }

    /// <summary>Whether any frame has several fragments, so that it cannot be copied as one piece.</summary>
    public bool HasFragmentedFrames => _firstFragments is not null;

    /// <summary>What was wrong with offset tables or items and has been passed over, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Where a frame lies.</summary>
    /// <param name="frame">Index from 0.</param>
    public FrameLocation this[int frame]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(frame);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, Count);
            if (_fragments is null) return new FrameLocation(_nativeOffset + frame * _nativeFrameBytes, _nativeFrameBytes, 1);
            if (_firstFragments is null) return new FrameLocation(_fragments.Offset(frame), _fragments.Length(frame), 1);
            var (first, last) = (_firstFragments[frame], _firstFragments[frame + 1]);
            long length = 0;
            for (var i = first; i < last; i++) length += _fragments.Length(i);
            return new FrameLocation(_fragments.Offset(first), length, last - first);
        }
    }

    /// <summary>The pieces of a frame in their order.</summary>
    /// <param name="frame">Index from 0.</param>
    public IReadOnlyList<FileRange> Fragments(int frame)
    {
        var location = this[frame];
        if (location.FragmentCount == 1) return [new FileRange(location.Offset, location.Length)];
        var pieces = new FileRange[location.FragmentCount];
        for (var i = 0; i < pieces.Length; i++)
        {
            var fragment = _firstFragments![frame] + i;
            pieces[i] = new FileRange(_fragments!.Offset(fragment), _fragments.Length(fragment));
        }

        return pieces;
    }
}
