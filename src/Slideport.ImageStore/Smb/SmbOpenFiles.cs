using System.Runtime.InteropServices;

namespace Slideport.ImageStore.Smb;

/// <summary>The files that the process which speaks with a share keeps open for the next piece that somebody wants of them: a few, the longest unused is closed.</summary>
/// <param name="urlOf">The URL of a file in the share's folder.</param>
internal sealed class SmbOpenFiles(Func<string, string> urlOf)
{
    // The levels of a slide are files of their own in DICOM.
    private const int MaxOpen = 16;

    private readonly LinkedList<(string Path, int File, long Bytes)> _files = new(); // the last used first

    /// <summary>A file, opened if it is not open.</summary>
    /// <returns>Its descriptor, and how large it was when it was opened.</returns>
    internal (int File, long Bytes) Get(string path)
    {
        for (var node = _files.First; node is not null; node = node.Next)
        {
            if (node.Value.Path != path)
                continue;
            _files.Remove(node);
            _files.AddFirst(node);
            return (node.Value.File, node.Value.Bytes);
        }

        if (_files.Count == MaxOpen)
        {
            SmbClientCalls.Close(_files.Last!.Value.File);
            _files.RemoveLast();
        }

        var file = SmbClientCalls.Open(urlOf(path), SmbClientCalls.OpenReadOnly, 0);
        if (file < 0)
            throw new SmbException("open", Marshal.GetLastPInvokeError());
        SmbGate.RequireClosed(); // a server may send us on to another when a file is opened
        var bytes = SmbClientCalls.Seek(file, 0, SmbClientCalls.SeekFromEnd);
        if (bytes < 0)
            throw new SmbException("seek", Marshal.GetLastPInvokeError());
        _files.AddFirst((path, file, bytes));
        return (file, bytes);
    }
}
