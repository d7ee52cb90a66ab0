using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;

namespace Slideport.Slides.Conversion;

/// <summary>
/// The Pixel Data of an instance that is still arriving, copied as it comes, on the assumption that it will be used as it lies: only when
/// all of it is there can every frame be looked at. It is the last thing in the output for as long as it grows.
/// </summary>
/// <remarks>
/// <code>
/// instance:  attributes · offset table · ├ frame ┤├ frame ┤├ frame ┤├ fra ·····
///                                        First            Copied    what is there
/// output:                  ├ frame ┤├ frame ┤
///                          Start
/// </code>
/// </remarks>
internal sealed class PixelsAhead
{
    /// <summary>Kept back of what is there: it may be what follows the last frame (the delimiter, signatures), which is not wanted.</summary>
    private const int KeptBackBytes = 64 << 10;

    private readonly SvsWriter _writer;
    private readonly long _first;
    private long _copied;

    private PixelsAhead(SvsWriter writer, string key, long first)
    {
        (_writer, Key, _first) = (writer, key, first);
        _copied = first;
    }

    /// <summary>The instance's identity.</summary>
    public string Key { get; }

    /// <summary>Where the first frame's first byte lies in the output.</summary>
    public long Start { get; private set; }

    /// <summary>Begins with an instance, if its first frame is there and can be used as it lies.</summary>
    /// <param name="instance">The instance; its file ends inside Pixel Data.</param>
    /// <param name="writer">The output.</param>
    /// <returns>Null where it is to be copied when it is whole.</returns>
    public static PixelsAhead? TryBegin(WsiInstance instance, SvsWriter writer)
    {
        var there = instance.File.Source.Length - KeptBackBytes;
        if (instance.File.PixelData?.FirstFragment is not { Length: > 0 } first || first.Length > Array.MaxLength
            || there - first.Offset < Math.Max(first.Length, SvsWriter.MinPagedBytes))
            return null;
        var frame = new byte[first.Length];
        DicomTiles.Fill(instance, first.Offset, frame);
        return FrameCoding.OfFirstFrame(instance, frame) is { IsUsableAsItLies: true }
            ? new PixelsAhead(writer, SvsAssembly.KeyOf(instance), first.Offset)
            : null;
    }

    /// <summary>Copies what has come since.</summary>
    public void CopyArrived(WsiInstance instance, CancellationToken cancellationToken) =>
        CopyTo(instance.File.Source.Length - KeptBackBytes, instance.File.Handle, cancellationToken);

    /// <summary>Copies the rest, now that all frames are known.</summary>
    /// <param name="instance">The whole instance.</param>
    /// <param name="frames">From its first frame's first byte to the last one's last.</param>
    /// <param name="cancellationToken">Ends it between pieces.</param>
    /// <returns>False where they lie elsewhere than was assumed: what was copied is of no use.</returns>
    public bool TryComplete(WsiInstance instance, FileRange frames, CancellationToken cancellationToken)
    {
        if (frames.Offset != _first || frames.End < _copied) return false;
        CopyTo(frames.End, instance.File.Handle, cancellationToken);
        return true;
    }

    private void CopyTo(long end, SafeFileHandle source, CancellationToken cancellationToken)
    {
        if (end <= _copied) return;
        var start = _writer.AppendBulk(source, new FileRange(_copied, end - _copied), cancellationToken);
        if (_copied == _first) Start = start;
        _copied = end;
    }
}
