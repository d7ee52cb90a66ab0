using System.Collections.Concurrent;
using System.Security.Cryptography;
using Slideport.Files;

namespace Slideport.ImageStore.Smb;

/// <summary>Reads and hashes the next pieces of a local file while the last one is on its way.</summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Buffers = 3; // one on its way, one waiting, one being read

    private readonly BlockingCollection<byte[]> _free = new(Buffers);
    private readonly BlockingCollection<(byte[] Piece, int Bytes)> _read = new(Buffers);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private IOException? _problem;

    /// <summary>Begins to read.</summary>
    internal ReadAhead(string path, int pieceBytes)
    {
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

    /// <summary>Hash and size of the file, once all pieces have been read.</summary>
    internal StoredOutput Output { get; private set; }

    /// <summary>The file's pieces, in order; each is good until the next is asked for.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
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
        _stop.Dispose();
        _free.Dispose();
        _read.Dispose();
    }

    private void Read(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = 0L;
            while (true)
            {
                var piece = _free.Take(_stop.Token);
                var count = RandomAccess.Read(file, piece, bytes);
                if (count == 0)
                    break;
                hash.AppendData(piece, 0, count);
                bytes += count;
                _read.Add((piece, count));
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
}
