using System.Text;
using Slideport.Files;

namespace Slideport.Sam.Audit;

/// <summary>The signed heads, a line each, in a file beside the identity that only grows.</summary>
internal sealed class HeadFile(string folder)
{
    private readonly string _path = Path.Join(folder, "audit-heads");

    /// <summary>Adds a head; it is on stable storage when this returns.</summary>
    internal void Append(SignedHead head)
    {
        DurableFile.CreateDirectory(folder);
        var isNew = !File.Exists(_path);
        if (isNew)
            DurableFile.CreateNew(_path).Dispose();
        using (var file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(head.ToLine() + "\n"), EndOfLastLine(file));
            DurableFile.Flush(file);
        }

        if (isNew)
            DurableFile.FlushDirectory(folder);
    }

    /// <summary>The heads in the order they were signed, each with its line; null for a line that is none.</summary>
    internal IEnumerable<(int Line, SignedHead? Head)> Read()
    {
        if (!File.Exists(_path))
            yield break;
        var text = File.ReadAllText(_path, Encoding.ASCII);
        var (line, start) = (0, 0);
        for (var end = text.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\n', start))
        {
            yield return (++line, SignedHead.TryParse(text[start..end]));
            start = end + 1; // what a crash left without its end was never promised to anyone
        }
    }

    private static long EndOfLastLine(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var end = RandomAccess.GetLength(file);
        Span<byte> last = stackalloc byte[1];
        while (end > 0 && RandomAccess.Read(file, last, end - 1) == 1 && last[0] != '\n')
            end--;
        return end;
    }
}
