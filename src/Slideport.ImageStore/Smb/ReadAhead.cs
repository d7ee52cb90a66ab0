using System.Collections.Concurrent;
using System.Security.Cryptography;
using Slideport.Files;

namespace Slideport.ImageStore.Smb;

/// <summary>Reads the next pieces of a local file while the last one is on its way: all of them, or every n-th.</summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Buffers = 3; // one on its way, one waiting, one being read

    private readonly BlockingCollection<byte[]> _free = new(Buffers);
    private readonly BlockingCollection<(byte[] Piece, int Bytes, long Offset)> _read = new(Buffers);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly int _part;
    private readonly int _parts;
    private IOException? _problem;

    /// <summary>Begins to read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pieceBytes">Bytes of a piece; the last may be shorter.</param>
    /// <param name="part">The first piece that is wanted; of 0 all pieces are hashed.</param>
    /// <param name="parts">How many pieces on the next one is.</param>
    internal ReadAhead(string path, int pieceBytes, int part, int parts)
    {
        (_part, _parts) = (part, parts);
        var file = DurableFile.OpenRead(path);
        for (var i = 0; i < Buffers; i++)
            _free.Add(GC.AllocateUninitializedArray<byte>(pieceBytes));
        _thread = new Thread(() =>
        {
            using (file)
                Read(file);
        });
        _thread.Start();
    }

    /// <summary>Hash and size of the file, once all pieces have been read; of part 0 only.</summary>
    internal StoredOutput Output { get; private set; }

    /// <summary>The file's pieces, in order; each is good until the next is asked for.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal IEnumerable<(byte[] Piece, int Bytes, long Offset)> Pieces()
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
        _stop.Dispose();
        _free.Dispose();
        _read.Dispose();
    }

    private void Read(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = RandomAccess.GetLength(file);
            var piece = _free.Take(_stop.Token);
            for (var (at, index) = (0L, 0); at < bytes; at += piece.Length, index++)
            {
                var isOurs = index % _parts == _part;
                if (!isOurs && _part != 0)
                    continue;
                var count = Fill(file, piece, at);
                if (_part == 0)
                    hash.AppendData(piece, 0, count);
                if (!isOurs)
                    continue;
                _read.Add((piece, count, at));
                piece = _free.Take(_stop.Token);
            }

            Output = new StoredOutput(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
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

    private static int Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] piece, long at)
    {
        var count = 0;
        while (count < piece.Length && RandomAccess.Read(file, piece.AsSpan(count), at + count) is var more and not 0)
            count += more;
        return count;
    }
}
