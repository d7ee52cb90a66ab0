using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Slideport.Dicom;
using Slideport.Files;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>
/// Writes an SVS in one forward pass: coded tiles in any order, then the directories that point to them. Whole instances go in by the
/// kernel's own copy; nothing is decoded. Until <see cref="Finish"/> has returned the file is not a TIFF file. Not safe for concurrent use.
/// </summary>
public sealed class SvsWriter : IDisposable
{
    /// <summary>Writing to the disk begins behind every so many bytes, so that the final flush finds little left to do.</summary>
    private const int WritebackBytes = 32 << 20;

    private const int BufferBytes = 256 << 10;

    /// <summary>
    /// A stretch this long begins at the same place in a page as it does in its source, some zeros before it: the kernel then copies page
    /// to page, which was measured four times as fast as pages that straddle two (32 MiB: 11 ms against 46 ms).
    /// </summary>
    internal const int MinPagedBytes = 1 << 20;

    private const int PageBytes = 4096;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _buffered;
    private long _written;
    private long _writeback;
    private bool _finished;
    private bool _disposed;

    private SvsWriter(SafeFileHandle file) => _file = file;

    /// <summary>Where the next byte will lie in the file.</summary>
    public long Position => _written + _buffered;

    /// <summary>Creates the file, which must not exist, and writes a header that points to nothing yet.</summary>
    /// <exception cref="IOException">The file exists or cannot be created.</exception>
    public static SvsWriter Create(string path)
    {
        var writer = new SvsWriter(DurableFile.CreateNew(path));
        writer.Append(BigTiffWriter.UnfinishedHeader);
        writer.FlushBuffer();
        return writer;
    }

    /// <summary>
    /// Copies a stretch of another file to the end of this one, by the kernel where it can; some zeros may come before it.
    /// </summary>
    /// <returns>Where the stretch begins in this file: what lay at <c>range.Offset + n</c> now lies at the result + n.</returns>
    /// <exception cref="IOException">The source is shorter than the range, or reading or writing failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was copied so far stays, unreferenced.</exception>
    public long AppendBulk(SafeFileHandle source, FileRange range, CancellationToken cancellationToken = default)
    {
        ThrowIfFinished();
        FlushBuffer();
        if (range.Length >= MinPagedBytes) _written += (range.Offset - _written & PageBytes - 1);
        var start = _written;
        for (long done = 0; done < range.Length;)
        {
            var length = Math.Min(range.Length - done, WritebackBytes);
            KernelCopy.Copy(source, range.Offset + done, _file, _written, length, cancellationToken);
            done += length;
            Advance(length);
        }

        return start;
    }

    /// <summary>Reads what was written.</summary>
    internal int Read(Span<byte> buffer, long offset)
    {
        FlushBuffer();
        return RandomAccess.Read(_file, buffer, offset);
    }

    /// <summary>Puts zeros where something was written.</summary>
    internal void Blank(FileRange range)
    {
        FlushBuffer();
        ReadOnlySpan<byte> zeros = new byte[(int)Math.Min(range.Length, BufferBytes)];
        for (long done = 0; done < range.Length; done += zeros.Length)
            RandomAccess.Write(_file, zeros[..(int)Math.Min(zeros.Length, range.Length - done)], range.Offset + done);
    }

    /// <summary>Appends bytes, such as one tile.</summary>
    /// <returns>Where they begin.</returns>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        ThrowIfFinished();
        var start = Position;
        if (bytes.Length > _buffer.Length - _buffered) FlushBuffer();
        if (bytes.Length > _buffer.Length)
        {
            RandomAccess.Write(_file, bytes, _written);
            Advance(bytes.Length);
            return start;
        }

        bytes.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += bytes.Length;
        return start;
    }

    /// <summary>
    /// Writes the ICC profile and the directories, puts everything on stable storage, and only then points the header to the first
    /// directory, flushed as well.
    /// </summary>
    /// <exception cref="ArgumentException">The directories break a rule that some reader of SVS files depends on; the message says
    /// which.</exception>
    /// <exception cref="IOException">Writing or flushing failed; the file is still no TIFF file.</exception>
    public void Finish(SvsDirectories directories)
    {
        ThrowIfFinished();
        SvsRules.Check(directories, Position);
        FileRange? icc = directories.IccProfile is { } profile ? AppendIcc(profile) : null;
        FlushBuffer();
        _finished = true;

        var first = BigTiffWriter.WriteDirectories(_file, _written, SvsTags.Chain(directories, icc), out _written);
        DurableFile.Flush(_file);
        BigTiffWriter.WriteFirstDirectory(_file, first);
        DurableFile.Flush(_file);
    }

    /// <summary>
    /// Closes the file. What was not finished stays behind as a file no reader opens; removing it is the owner's business.
    /// </summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        ArrayPool<byte>.Shared.Return(_buffer);
        _file.Dispose();
    }

    /// <summary>Copies the profile by the size it states in its first 4 bytes (ICC.1, 7.2.2), without what pads it.</summary>
    private FileRange AppendIcc(SvsIccProfile profile)
    {
        if (profile.Blanked is { } blanked) return new FileRange(Append(blanked), blanked.Length);
        Span<byte> size = stackalloc byte[4];
        var length = profile.Range.Length;
        if (RandomAccess.Read(profile.Source, size, profile.Range.Offset) == size.Length)
        {
            var stated = BinaryPrimitives.ReadUInt32BigEndian(size);
            if (stated >= ColorProfile.IccHeaderBytes && stated < length) length = stated;
        }

        return new FileRange(AppendBulk(profile.Source, profile.Range with { Length = length }), length);
    }

    private void FlushBuffer()
    {
        if (_buffered == 0) return;
        RandomAccess.Write(_file, _buffer.AsSpan(0, _buffered), _written);
        var length = _buffered;
        _buffered = 0;
        Advance(length);
    }

    private void Advance(long length)
    {
        _written += length;
        if (_written - _writeback < WritebackBytes) return;
        DurableFile.StartWriteback(_file, _writeback, _written - _writeback);
        _writeback = _written;
    }

    private void ThrowIfFinished()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_finished) throw new InvalidOperationException("The slide is finished; nothing can be added.");
    }
}
