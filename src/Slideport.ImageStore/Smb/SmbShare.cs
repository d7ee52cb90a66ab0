using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Slideport.Files;

namespace Slideport.ImageStore.Smb;

/// <summary>One folder of one share, through libsmbclient; one for each process, which does nothing else.</summary>
/// <remarks>
/// libsmbclient keeps what it does in variables of the process: two threads in it at once would bring each other down, and a server that hangs
/// would hold up all the others. <see cref="SmbAgent"/> is that process.
/// </remarks>
internal sealed unsafe class SmbShare
{
    /// <summary>Most that is moved at once.</summary>
    internal const int PieceBytes = 4 << 20;

    // A server that needs longer for what SmbPace asks for is as good as away.
    private const int AnswerMilliseconds = 20_000;
    private const int PageEntries = 512;
    private const int MaxSmallFileBytes = 64 << 10;
    private const int Eexist = 17;
    private const int Enoent = 2;
    private const int Enotdir = 20;
    private const uint FileMode = 0b110_100_100;
    private const uint FolderMode = 0b111_101_101;

    // Of this process: libsmbclient calls back without saying for whom.
    private static SmbCredentials Credentials = new("", "");
    private static delegate* unmanaged<nint, nint, byte*, byte*, byte*, byte*, int> Remember;
    private static Action? Taken;

    private readonly SmbLocation _location;
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
    private readonly SmbPace _pace = new();
    private readonly SmbOpenFiles _open;

    private SmbShare(SmbLocation location)
    {
        _location = location;
        _open = new SmbOpenFiles(location.UrlOf);
    }

    /// <summary>Whether a message came whose signature was wrong.</summary>
    internal static bool HasSeenWrongSignature { get; private set; }

    /// <summary>Sets libsmbclient up and connects.</summary>
    /// <param name="request">Where to, and as whom.</param>
    /// <param name="configuration">The only file that libsmbclient is to be configured by.</param>
    internal static SmbShare Connect(SmbRequest request, string configuration)
    {
        var context = SmbClientCalls.NewContext();
        if (context == 0 || SmbClientCalls.InitContext(context) == 0 || SmbClientCalls.SetConfiguration(context, configuration) != 0
            || !SmbClientCalls.SetProtocols(context, "SMB3_11", "SMB3_11"))
            throw new SmbException("set up", Marshal.GetLastPInvokeError());
        // The user's name as the ticket's, where there are no credentials of ours.
        Credentials = new SmbCredentials(request.User ?? Environment.UserName, request.Password, request.Domain);
        SmbClientCalls.SetLog(context, 0, &Logged);
        SmbClientCalls.SetDebug(context, 3); // what Logged looks for is told at this level
        SmbClientCalls.SetTimeout(context, AnswerMilliseconds);
        SmbClientCalls.SetEncryption(context, SmbClientCalls.EncryptionRequired);
        SmbClientCalls.SetNoAnonymousLogin(context, 1);
        SmbClientCalls.SetWinbindCache(context, 0);
        SmbClientCalls.SetKerberos(context, request.User is null ? 1 : 0);
        SmbClientCalls.SetFallbackAfterKerberos(context, 0);
        SmbClientCalls.SetAuthenticate(context, &Authenticate);
        Remember = SmbClientCalls.GetConnected(context);
        SmbClientCalls.SetConnected(context, &Connected);
        SmbClientCalls.SetContext(context);
        var share = new SmbShare(request.Location!);
        if (share.KindOf("") is not SmbKind.Folder)
            throw new SmbException("stat", Enoent);
        SmbGate.RequireClosed();
        return share;
    }

    /// <summary>What lies under a path.</summary>
    internal SmbKind KindOf(string path) => Find(path).Kind;

    /// <summary>What lies under a path, how large it is and when it was last written to, in seconds since 1970.</summary>
    internal (SmbKind Kind, long Bytes, long LastWrite) Find(string path)
    {
        SmbGate.RequireClosed();
        var stat = stackalloc byte[256]; // struct stat is smaller everywhere
        if (SmbClientCalls.Stat(_location.UrlOf(path), stat) != 0)
        {
            return Marshal.GetLastPInvokeError() is Enoent or Enotdir ? (SmbKind.Missing, 0, 0)
                : throw new SmbException("stat", Marshal.GetLastPInvokeError());
        }

        var mode = *(uint*)(stat + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 16 : 24));
        var kind = (mode & 0xF000) == 0x4000 ? SmbKind.Folder : SmbKind.File;
        return (kind, *(long*)(stat + 48), *(long*)(stat + 88)); // st_size and st_mtim lie at the same place on x64 and arm64
    }

    /// <summary>What lies in a folder, hidden things and links left out.</summary>
    /// <param name="path">The folder; it must be there.</param>
    /// <param name="page">Told some entries at a time.</param>
    internal void Entries(string path, Action<SmbEntry[]> page)
    {
        SmbGate.RequireClosed();
        var folder = SmbClientCalls.OpenFolder(_location.UrlOf(path));
        if (folder < 0)
            throw new SmbException("list", Marshal.GetLastPInvokeError());
        List<SmbEntry> entries = new(PageEntries);
        while (SmbClientCalls.ReadFolderPlus((uint)folder) is var entry && entry != null)
        {
            var name = Marshal.PtrToStringUTF8((nint)entry->Name) ?? "";
            if (!StoredName.IsShown(name) || (entry->Attributes & SmbClientCalls.AttributeReparsePoint) != 0)
                continue;
            entries.Add(new SmbEntry(name, (entry->Attributes & SmbClientCalls.AttributeFolder) != 0, (long)entry->Size, entry->Written.Seconds));
            if (entries.Count < PageEntries)
                continue;
            page([.. entries]);
            entries.Clear();
        }

        page([.. entries]);
        SmbClientCalls.CloseFolder(folder);
    }

    /// <summary>Bytes from a place in a file, good until the next call: as many as are wanted, but for those behind its end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where they begin.</param>
    /// <param name="count">How many; no more than <see cref="PieceBytes"/>.</param>
    /// <param name="progress">Told when something has come, and more is awaited.</param>
    /// <param name="fileBytes">How large the file was when it was opened.</param>
    internal ReadOnlyMemory<byte> ReadRange(string path, long offset, long count, Action progress, out long fileBytes)
    {
        SmbGate.RequireClosed();
        (var file, fileBytes) = _open.Get(path);
        Go(file, offset);
        return _piece.AsMemory(0, Fill(file, (int)Math.Min(count, PieceBytes), progress));
    }

    /// <summary>A small file's contents; null when there is none.</summary>
    internal byte[]? Read(string path)
    {
        if (KindOf(path) is SmbKind.Missing)
            return null;
        var file = Opened(path, SmbClientCalls.OpenReadOnly);
        var count = Fill(file, MaxSmallFileBytes, () => { });
        SmbClientCalls.Close(file);
        return _piece[..count];
    }

    /// <summary>Makes a small file.</summary>
    /// <returns>False when there is one already.</returns>
    internal bool TryCreate(string path, byte[] contents)
    {
        SmbGate.RequireClosed();
        var file = SmbClientCalls.Open(_location.UrlOf(path), SmbClientCalls.OpenWriteOnly | SmbClientCalls.OpenCreate | SmbClientCalls.OpenExclusive, FileMode);
        if (file < 0)
            return Marshal.GetLastPInvokeError() is Eexist ? false : throw new SmbException("create", Marshal.GetLastPInvokeError());
        SmbGate.RequireClosed();
        WritePiece(file, contents, contents.Length, () => { });
        Closed(file);
        return true;
    }

    /// <summary>Copies a range of a local file into the same place of a file, which is made if it is not there.</summary>
    internal void Send(SmbRequest request, Action progress)
    {
        SmbGate.RequireClosed();
        using var ahead = new ReadAhead(request.Local, PieceBytes, request.Offset, request.Count);
        var file = Opened(request.Path, SmbClientCalls.OpenWriteOnly | SmbClientCalls.OpenCreate);
        Go(file, request.Offset);
        foreach (var (piece, count) in ahead.Pieces())
            WritePiece(file, piece, count, progress);
        Closed(file);
    }

    /// <summary>Whether a range of a file, read through a new handle, is that of a local file.</summary>
    internal bool IsSame(SmbRequest request, Action progress)
    {
        SmbGate.RequireClosed();
        using var ahead = new ReadAhead(request.Local, PieceBytes, request.Offset, request.Count);
        var file = Opened(request.Path, SmbClientCalls.OpenReadOnly);
        Go(file, request.Offset);
        var isSame = true;
        foreach (var (piece, count) in ahead.Pieces())
        {
            isSame &= Fill(file, count, progress) == count && piece.AsSpan(0, count).SequenceEqual(_piece.AsSpan(0, count));
            progress();
        }

        SmbClientCalls.Close(file);
        return isSame;
    }

    /// <summary>Hash and size of a file or a folder of files, read through new handles; null when there is none.</summary>
    internal StoredOutput? Hash(string path, Action progress) => KindOf(path) switch
    {
        SmbKind.Missing => null,
        SmbKind.File => HashFile(path, progress),
        _ => OfFiles(List(path, withFolders: false).Where(name => StoredName.IsShown(name)), name => HashFile($"{path}/{name}", progress)),
    };

    /// <summary>Names in a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="withFolders">Whether those of folders are wanted, too: in a slide's there are none of ours.</param>
    internal List<string> List(string path, bool withFolders)
    {
        SmbGate.RequireClosed();
        List<string> names = [];
        var folder = SmbClientCalls.OpenFolder(_location.UrlOf(path));
        if (folder < 0)
            throw new SmbException("list", Marshal.GetLastPInvokeError());
        while (SmbClientCalls.ReadFolder((uint)folder) is var entry && entry != null)
        {
            if ((withFolders || entry->Type != SmbClientCalls.TypeFolder)
                && Encoding.UTF8.GetString(&entry->FirstOfName, (int)entry->NameLength) is var name && name is not ("." or ".."))
                names.Add(name);
        }

        SmbClientCalls.CloseFolder(folder);
        return names;
    }

    /// <summary>Makes a folder and those above it, as far as they are not there.</summary>
    internal void MakeFolders(string path)
    {
        SmbGate.RequireClosed();
        var parts = path.Split('/');
        for (var depth = 1; depth <= parts.Length; depth++)
        {
            if (SmbClientCalls.MakeFolder(_location.UrlOf(string.Join('/', parts[..depth])), FolderMode) != 0 && Marshal.GetLastPInvokeError() is not Eexist)
                throw new SmbException("mkdir", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Renames, never replacing.</summary>
    /// <param name="from">What there is.</param>
    /// <param name="to">What it is to be called.</param>
    /// <param name="taken">Told when there is something of that name; the process must not go on then.</param>
    /// <remarks>
    /// The server is asked for a rename that replaces nothing, but libsmbclient, told that the name is taken, removes what has it and asks again. It
    /// says so in its log before: there it is stopped.
    /// </remarks>
    /// <returns>False when the library itself stopped there.</returns>
    internal bool TryRename(string from, string to, Action taken)
    {
        SmbGate.RequireClosed();
        Taken = taken;
        var result = SmbClientCalls.Rename(_location.UrlOf(from), _location.UrlOf(to));
        var errno = Marshal.GetLastPInvokeError();
        Taken = null;
        return result == 0 || (errno is Eexist ? false : throw new SmbException("rename", errno));
    }

    /// <summary>Removes a file, or a folder of files, if it is there.</summary>
    internal void Remove(string path)
    {
        var kind = KindOf(path);
        if (kind is SmbKind.Folder)
        {
            foreach (var name in List(path, withFolders: false))
                Unlink($"{path}/{name}");
            SmbGate.RequireClosed();
            if (SmbClientCalls.RemoveFolder(_location.UrlOf(path)) != 0)
                throw new SmbException("rmdir", Marshal.GetLastPInvokeError());
        }
        else if (kind is SmbKind.File)
        {
            Unlink(path);
        }
    }

    /// <summary>Room on the server's disk, as far as it is ours.</summary>
    internal DiskSpace Space()
    {
        SmbGate.RequireClosed();
        var stat = stackalloc ulong[32]; // struct statvfs begins with five longs: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail
        if (SmbClientCalls.StatFileSystem(_location.UrlOf(""), stat) != 0)
            throw new SmbException("statvfs", Marshal.GetLastPInvokeError());
        // libsmbclient's own use of the first two: bytes of a sector, and sectors of a block.
        var block = stat[0] * Math.Max(stat[1], 1);
        return new DiskSpace((long)(Math.Min(stat[3], stat[4] == 0 ? stat[3] : stat[4]) * block), (long)(stat[2] * block));
    }

    private StoredOutput HashFile(string path, Action progress)
    {
        SmbGate.RequireClosed();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = Opened(path, SmbClientCalls.OpenReadOnly);
        var bytes = 0L;
        while (ReadPiece(file, 0, PieceBytes) is var count and not 0)
        {
            hash.AppendData(_piece, 0, count);
            bytes += count;
            progress();
        }

        SmbClientCalls.Close(file);
        return new StoredOutput(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }

    private static StoredOutput OfFiles(IEnumerable<string> names, Func<string, StoredOutput> of)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            var one = of(name);
            all.AppendData(Encoding.ASCII.GetBytes(one.Sha256));
            bytes += one.Bytes;
        }

        return new StoredOutput(Convert.ToHexStringLower(all.GetHashAndReset()), bytes);
    }

    // A server may send us on to another (DFS) when a file is opened, which libsmbclient connects to by itself.
    private int Opened(string path, int flags)
    {
        var file = SmbClientCalls.Open(_location.UrlOf(path), flags, FileMode);
        if (file < 0)
            throw new SmbException("open", Marshal.GetLastPInvokeError());
        SmbGate.RequireClosed();
        return file;
    }

    private static void Go(int file, long offset)
    {
        if (SmbClientCalls.Seek(file, offset, SmbClientCalls.SeekFromStart) != offset)
            throw new SmbException("seek", Marshal.GetLastPInvokeError());
    }

    // As many bytes as are wanted, but for those behind the file's end.
    private int Fill(int file, int wanted, Action progress)
    {
        var done = 0;
        while (done < wanted && ReadPiece(file, done, wanted) is var more and not 0)
        {
            done += more;
            if (done < wanted)
                progress();
        }

        return done;
    }

    private int ReadPiece(int file, int at, int end)
    {
        var began = TimeProvider.System.GetTimestamp();
        fixed (byte* buffer = _piece)
        {
            var count = SmbClientCalls.Read(file, buffer + at, (nuint)Math.Min(end - at, _pace.Bytes));
            if (count < 0)
                throw new SmbException("read", Marshal.GetLastPInvokeError());
            _pace.Moved((int)count, TimeProvider.System.GetElapsedTime(began));
            return (int)count;
        }
    }

    private void WritePiece(int file, byte[] piece, int length, Action progress)
    {
        fixed (byte* buffer = piece)
        {
            for (var done = 0; done < length; progress())
            {
                var began = TimeProvider.System.GetTimestamp();
                var count = SmbClientCalls.Write(file, buffer + done, (nuint)Math.Min(length - done, _pace.Bytes));
                if (count <= 0)
                    throw new SmbException("write", Marshal.GetLastPInvokeError());
                _pace.Moved((int)count, TimeProvider.System.GetElapsedTime(began));
                done += (int)count;
            }
        }
    }

    // A server may keep what went wrong until the file is closed.
    private static void Closed(int file)
    {
        if (SmbClientCalls.Close(file) != 0)
            throw new SmbException("close", Marshal.GetLastPInvokeError());
    }

    private void Unlink(string path)
    {
        SmbGate.RequireClosed();
        if (SmbClientCalls.Unlink(_location.UrlOf(path)) != 0 && Marshal.GetLastPInvokeError() is not Enoent)
            throw new SmbException("unlink", Marshal.GetLastPInvokeError());
    }

    [UnmanagedCallersOnly]
    private static void Authenticate(nint context, byte* server, byte* share, byte* domain, int domainBytes, byte* user, int userBytes, byte* password, int passwordBytes)
    {
        // With a ticket the realm is the domain; an empty one would be taken for another.
        if (Credentials.Password.Length > 0)
            Write(Credentials.Domain, domain, domainBytes);
        Write(Credentials.User, user, userBytes);
        Write(Credentials.Password, password, passwordBytes);
    }

    // What does not fit is left out as a whole: half a password locks an account.
    private static void Write(string text, byte* to, int room)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length >= room)
            bytes = [];
        bytes.CopyTo(new Span<byte>(to, room));
        to[bytes.Length] = 0;
    }

    // After logon and tree connect, before anything is asked of the share.
    [UnmanagedCallersOnly]
    private static int Connected(nint context, nint server, byte* name, byte* share, byte* domain, byte* user)
    {
        try
        {
            return SmbGate.Close() > 0 ? Remember(context, server, name, share, domain, user) : 1;
        }
        catch (IOException)
        {
            return 1;
        }
    }

    [UnmanagedCallersOnly]
    private static void Logged(nint state, int level, byte* message)
    {
        var text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        if (text.Contains("Bad SMB2", StringComparison.Ordinal) && text.Contains("signature", StringComparison.Ordinal))
            HasSeenWrongSignature = true;
        if (text.TrimEnd().EndsWith("-> 17", StringComparison.Ordinal)) // EEXIST
            Taken?.Invoke();
    }
}

/// <summary>What lies under a path.</summary>
internal enum SmbKind
{
    Missing,
    File,
    Folder,
}

/// <summary>libsmbclient said no.</summary>
internal sealed class SmbException(string call, int errno) : IOException($"{call}: error {errno}")
{
    internal int Errno => errno;
}
