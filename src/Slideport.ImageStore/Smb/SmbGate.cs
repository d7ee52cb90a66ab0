using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Slideport.ImageStore.Smb;

/// <summary>Stands between libsmbclient and the network once a share is connected: what leaves is an SMB3 encrypted message, or the connection ends.</summary>
/// <remarks>
/// libsmbclient cannot be trusted with this: told that encryption is required, that of Samba 4.17 goes on in the clear with a server that offers
/// none, and it cannot be asked how a session is. So each of its sockets is exchanged for one end of a pair (dup2 keeps the
/// number), and the other end is carried on by two threads that look at the head of every message (MS-SMB2 2.2.41). Before that there is only
/// negotiation, logon and the name of the share.
/// </remarks>
internal static unsafe class SmbGate
{
    internal const int HeadBytes = 4 + 24; // the length, and as much of a header as is looked at

    private const int PieceBytes = 1 << 20;
    private const int EchoBytes = 64 + 4;
    private const ushort EchoCommand = 13;

    private static volatile bool HeldBack;
    private static volatile bool SentOn;
    private static readonly HashSet<int> Outer = [];

    private static ReadOnlySpan<byte> Encrypted => [0xFD, (byte)'S', (byte)'M', (byte)'B']; // SMB2 TRANSFORM_HEADER

    private static ReadOnlySpan<byte> Clear => [0xFE, (byte)'S', (byte)'M', (byte)'B'];

    /// <summary>Whether something was held back that everybody could have read.</summary>
    internal static bool HasRefused => HeldBack;

    /// <summary>Whether the server sent us on to another.</summary>
    internal static bool WasSentOn => SentOn;

    /// <summary>Puts the gate before every connection of this process that has none.</summary>
    /// <returns>How many those were.</returns>
    /// <exception cref="IOException">It cannot.</exception>
    internal static int Close()
    {
        var count = 0;
        foreach (var descriptor in Bare())
        {
            PutBefore(descriptor);
            count++;
        }

        return count;
    }

    /// <summary>Makes sure that no connection goes past the gate: one that a server sent us on to, say.</summary>
    internal static void RequireClosed()
    {
        if (Bare().Count == 0)
            return;
        SentOn = true;
        throw new IOException("A connection goes past the gate.");
    }

    /// <summary>Whether a message may leave: it is encrypted, or nothing but the question whether the server is still there.</summary>
    /// <param name="head">Its first <see cref="HeadBytes"/> bytes: the length as the transport writes it, then the header.</param>
    internal static bool MayLeave(ReadOnlySpan<byte> head) =>
        head[4..8].SequenceEqual(Encrypted) || (head[4..8].SequenceEqual(Clear) && LengthOf(head) == EchoBytes
            && BinaryPrimitives.ReadUInt16LittleEndian(head[16..]) == EchoCommand && BinaryPrimitives.ReadUInt32LittleEndian(head[24..]) == 0);

    private static int LengthOf(ReadOnlySpan<byte> head) => (int)(BinaryPrimitives.ReadUInt32BigEndian(head) & 0xFFFFFF);

    // Connections to servers that libsmbclient writes to by itself.
    private static List<int> Bare()
    {
        List<int> found = [];
        foreach (var entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            var descriptor = int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture);
            int family;
            uint length = sizeof(int);
            lock (Outer)
            {
                if (!Outer.Contains(descriptor) && SmbClientCalls.SocketOption(descriptor, SmbClientCalls.SocketLevel, SmbClientCalls.SocketDomain, &family, &length) == 0
                    && family is SmbClientCalls.FamilyIPv4 or SmbClientCalls.FamilyIPv6)
                    found.Add(descriptor);
            }
        }

        return found;
    }

    private static void PutBefore(int descriptor)
    {
        var pair = stackalloc int[2];
        var outer = Checked(SmbClientCalls.Control(descriptor, SmbClientCalls.DuplicateCloseOnExec, 0));
        lock (Outer)
            Outer.Add(outer);
        Checked(SmbClientCalls.Control(outer, SmbClientCalls.SetFlags, SmbClientCalls.Control(outer, SmbClientCalls.GetFlags, 0) & ~SmbClientCalls.NonBlocking));
        Checked(SmbClientCalls.SocketPair(SmbClientCalls.FamilyUnix, SmbClientCalls.StreamCloseOnExec, 0, pair));
        Checked(SmbClientCalls.Control(pair[1], SmbClientCalls.SetFlags, SmbClientCalls.Control(pair[1], SmbClientCalls.GetFlags, 0) | SmbClientCalls.NonBlocking));
        Checked(SmbClientCalls.DuplicateTo(pair[1], descriptor));
        SmbClientCalls.CloseDescriptor(pair[1]);
        var inner = pair[0];
        var open = 2;
        void Carry(Action way)
        {
            way();
            SmbClientCalls.Shutdown(outer, SmbClientCalls.ShutBoth);
            SmbClientCalls.Shutdown(inner, SmbClientCalls.ShutBoth);
            if (Interlocked.Decrement(ref open) > 0)
                return;
            lock (Outer)
            {
                SmbClientCalls.CloseDescriptor(outer);
                Outer.Remove(outer);
            }

            SmbClientCalls.CloseDescriptor(inner);
        }

        new Thread(() => Carry(() => CarryOut(inner, outer))) { IsBackground = true }.Start();
        new Thread(() => Carry(() => CarryIn(outer, inner))) { IsBackground = true }.Start();
    }

    private static void CarryOut(int inner, int outer)
    {
        var memory = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
        fixed (byte* buffer = memory)
        {
            while (TryRead(inner, buffer, HeadBytes))
            {
                var head = new ReadOnlySpan<byte>(buffer, HeadBytes);
                var left = LengthOf(head) - (HeadBytes - 4);
                if (left < 0 || !MayLeave(head))
                {
                    HeldBack = true;
                    return;
                }

                // The head goes with what follows it: small messages are one packet.
                for (var have = HeadBytes; ; have = 0)
                {
                    var more = Math.Min(left, PieceBytes - have);
                    if (!TryRead(inner, buffer + have, more) || !TryWrite(outer, buffer, have + more))
                        return;
                    left -= more;
                    if (left == 0)
                        break;
                }
            }
        }
    }

    private static void CarryIn(int outer, int inner)
    {
        var memory = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
        fixed (byte* buffer = memory)
        {
            while (SmbClientCalls.ReadDescriptor(outer, buffer, PieceBytes) is var count and not 0)
            {
                if (count < 0 ? !WasInterrupted() : !TryWrite(inner, buffer, (int)count))
                    return;
            }
        }
    }

    private static bool TryRead(int descriptor, byte* buffer, int length)
    {
        for (var done = 0; done < length;)
        {
            var count = SmbClientCalls.ReadDescriptor(descriptor, buffer + done, (nuint)(length - done));
            if (count == 0 || (count < 0 && !WasInterrupted()))
                return false;
            done += (int)Math.Max(count, 0);
        }

        return true;
    }

    private static bool TryWrite(int descriptor, byte* buffer, int length)
    {
        for (var done = 0; done < length;)
        {
            var count = SmbClientCalls.WriteDescriptor(descriptor, buffer + done, (nuint)(length - done));
            if (count < 0 && !WasInterrupted())
                return false;
            done += (int)Math.Max(count, 0);
        }

        return true;
    }

    private static bool WasInterrupted() => Marshal.GetLastPInvokeError() == 4; // EINTR

    private static int Checked(int result) => result >= 0 ? result : throw new IOException($"The gate cannot be put before a connection (error {Marshal.GetLastPInvokeError()}).");
}
