namespace Slideport.Dicom.Part10;

/// <summary>
/// Where each frame of an instance lies in its file: flat arrays of some 12 bytes per fragment, so that a level of 140 000 frames costs 2
/// MB; or the offset table of a file of which each read is a journey, with what its items say where that is not to be believed. Safe for concurrent use.
/// </summary>
public sealed class FrameIndex
{
    private readonly FragmentTable? _fragments;
    private readonly int[]? _firstFragments; // one more than frames; null where each frame is one fragment
    private readonly long _nativeOffset;
    private readonly long _nativeFrameBytes;
    private readonly IReadOnlyList<string> _warnings = [];
    private readonly FrameTable? _table;
    private readonly Lazy<FrameIndex>? _walked; // what the items say, where the table is not enough

    /// <summary>Frames in fragments.</summary>
    internal FrameIndex(FragmentTable fragments, int count, int[]? firstFragments, IReadOnlyList<string> warnings)
    {
        _fragments = fragments;
        _firstFragments = firstFragments;
        Count = count;
        _warnings = warnings;
    }

    /// <summary>Frames where an offset table says.</summary>
    internal FrameIndex(FrameTable table, int count, Func<FrameIndex> walk)
    {
        _table = table;
        _walked = new Lazy<FrameIndex>(walk, LazyThreadSafetyMode.PublicationOnly); // a read that failed may succeed another time
        Count = count;
    }

    /// <summary>Frames one after the other.</summary>
    internal FrameIndex(long offset, long frameBytes, int count)
    {
        _nativeOffset = offset;
        _nativeFrameBytes = frameBytes;
        Count = count;
    }

    /// <summary>Number of frames.</summary>
    public int Count { get; }

    /// <summary>Whether any frame has several fragments, so that it cannot be copied as one piece.</summary>
    public bool HasFragmentedFrames => _walked is null ? _firstFragments is not null : _walked.Value.HasFragmentedFrames;

    /// <summary>What was wrong with offset tables or items and has been passed over, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _walked is { IsValueCreated: true } ? _walked.Value.Warnings : _warnings;

    /// <summary>Where a frame lies.</summary>
    /// <param name="frame">Index from 0.</param>
    public FrameLocation this[int frame]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(frame);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, Count);
            if (_walked is not null) return !_walked.IsValueCreated && _table!.Find(frame) is { } found ? found : _walked.Value[frame];
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
        if (_walked is not null) return _walked.Value.Fragments(frame);
        var pieces = new FileRange[location.FragmentCount];
        for (var i = 0; i < pieces.Length; i++)
        {
            var fragment = _firstFragments![frame] + i;
            pieces[i] = new FileRange(_fragments!.Offset(fragment), _fragments.Length(fragment));
        }

        return pieces;
    }
}
