using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Slides;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>
/// An instance of a slide: a DICOM file as it is stored, or the one that a page of an SVS would be. Both are bytes at positions, so all that is
/// answered comes from the same code. Safe for concurrent use.
/// </summary>
internal sealed class WebInstance
{
    private readonly Lazy<FrameIndex>? _stored;
    private readonly IFrameSource? _made;
    private readonly Lazy<DicomDataSet> _dataSet;

    /// <summary>A stored file.</summary>
    internal WebInstance(WsiInstance instance)
    {
        (Uid, Syntax, FrameCount, Bytes) = (instance.SopInstanceUid, instance.TransferSyntax, instance.FrameCount, instance.File.Source);
        _stored = new Lazy<FrameIndex>(() => instance.Frames);
        _dataSet = new Lazy<DicomDataSet>(instance.File.DataSet);
    }

    /// <summary>A page of an SVS.</summary>
    internal WebInstance(string uid, WsiImageDescription image, WsiBytes bytes)
    {
        (Uid, Syntax, FrameCount, Bytes) = (uid, image.Coding.TransferSyntax, image.Frames.Count, bytes);
        _made = image.Frames;
        _dataSet = new Lazy<DicomDataSet>(() => OpenFile().DataSet);
    }

    /// <summary>SOP Instance UID.</summary>
    internal string Uid { get; }

    /// <summary>How data set and frames are encoded.</summary>
    internal TransferSyntax Syntax { get; }

    internal int FrameCount { get; }

    /// <summary>The whole file (PS3.10).</summary>
    internal ByteSource Bytes { get; }

    /// <summary>All attributes but the frames' own and Pixel Data; long values are left where they are.</summary>
    internal DicomDataSet DataSet => _dataSet.Value;

    /// <summary>The level it shows, or a part of; null: none.</summary>
    internal LevelView? Level { get; init; }

    /// <summary>Which tile of its level a frame is, row * tiles across + column.</summary>
    internal Func<int, long> TileOf { get; init; } = frame => frame;

    /// <summary>The picture beside the pyramid that it is; null: none.</summary>
    internal AssociatedImage? Picture { get; init; }

    /// <summary>Reads all of its attributes, those of frames left where they are.</summary>
    internal Part10File OpenFile() => Part10File.Open(Uid, new LentBytes(Bytes), Syntax.IsDeflated ? _ => false : null);

    /// <summary>Reads a frame as it is stored.</summary>
    /// <param name="frame">From 0.</param>
    /// <exception cref="SlideException">It is too long, or the file ends before it does.</exception>
    internal byte[] ReadFrame(int frame)
    {
        if (_made is not null)
        {
            var made = new byte[Checked(_made.LengthOf(frame))];
            _made.Read(frame, made);
            return made;
        }

        var bytes = new byte[Checked(_stored!.Value[frame].Length)];
        var at = 0;
        foreach (var fragment in _stored.Value.Fragments(frame))
        {
            if (Bytes.Read(bytes.AsSpan(at, (int)fragment.Length), fragment.Offset) < fragment.Length)
                throw new SlideException("The file ends inside a frame");
            at += (int)fragment.Length;
        }

        return bytes;
    }

    private static long Checked(long length) => length <= LevelView.MaxTileBytes ? length : throw new SlideException($"A frame has {length} bytes, which are too many");

    /// <summary>Bytes of a file that stays open when a reader of it is closed.</summary>
    private sealed class LentBytes(ByteSource source) : ByteSource
    {
        public override long Length => source.Length;

        public override int Read(Span<byte> buffer, long offset) => source.Read(buffer, offset);

        protected override void Dispose(bool isDisposing)
        {
            // It is the slide's.
        }
    }
}
