using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Slideport.Files;

namespace Slideport.ImageStore.Smb;

/// <summary>Reads the next pieces of a range of a local file while the last one is on its way.</summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Buffers = 3; // one on its way, one waiting, one being read

    private readonly BlockingCollection<byte[]> _free = new(Buffers);
    private readonly BlockingCollection<(byte[] Piece, int Bytes)> _read = new(Buffers);
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[][] _pieces; // the same for every range: memory that is new is emptied first, a page at a time
    private readonly Thread _thread;
    private IOException? _problem;

    /// <summary>Begins to read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pieceBytes">Bytes of a piece; the last may be shorter.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="count">Its bytes.</param>
    internal ReadAhead(string path, int pieceBytes, long offset, long count)
    {
        var file = DurableFile.OpenRead(path);
        _pieces = [.. Enumerable.Range(0, Buffers).Select(_ => ArrayPool<byte>.Shared.Rent(pieceBytes))];
        foreach (var piece in _pieces)
            _free.Add(piece);
        _thread = new Thread(() =>
        {
            using (file)
                Read(file, offset, count);
        });
        _thread.Start();
    }

    /// <summary>The range's pieces, in order; each is good until the next is asked for.</summary>
    /// <exception cref="IOException">The file cannot be read, or ends inside the range.</exception>
    internal IEnumerable<(byte[] Piece, int Bytes)> Pieces()
    {
        foreach (var piece in _read.GetConsumingEnumerable())
        {
            yield return piece;
            _free.Add(piece.Piece);
        }

        if (_problem is not null)
            throw _problem;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        foreach (var piece in _pieces)
            ArrayPool<byte>.Shared.Return(piece);
        _stop.Dispose();
        _free.Dispose();
        _read.Dispose();
    }

    private void Read(SafeFileHandle file, long offset, long count)
    {
        try
        {
            for (var end = offset + count; offset < end;)
            {
                var piece = _free.Take(_stop.Token);
                var bytes = Fill(file, piece.AsSpan(0, (int)Math.Min(piece.Length, end - offset)), offset);
                _read.Add((piece, bytes));
                offset += bytes;
            }
        }
        catch (IOException e)
        {
            _problem = e;
        }
        catch (OperationCanceledException)
        {
            // Whoever wanted it has given up.
        }

        _read.CompleteAdding();
    }

    private static int Fill(SafeFileHandle file, Span<byte> piece, long at)
    {
        for (var count = 0; count < piece.Length;)
        {
            var more = RandomAccess.Read(file, piece[count..], at + count);
            if (more == 0)
                throw new EndOfStreamException("the output has become shorter while it was sent");
            count += more;
        }

        return piece.Length;
    }
}
