using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Slideport.ImageStore.Smb;

/// <summary>The process that speaks with one share: reads requests from its standard input, one a line, and answers each on its standard output.</summary>
/// <remarks>A process of its own because libsmbclient is for one thread of one, because only a process can be ended while its server hangs, and because
/// what parses a stranger's bytes in C is better kept away from the rest.</remarks>
public static class SmbAgent
{
    /// <summary>The argument that makes this program the agent.</summary>
    public const string Command = "smb-agent";

    internal const string ConfigurationName = "smb.conf";

    /// <summary>Works until standard input ends.</summary>
    public static int Run()
    {
        // libsmbclient writes to standard output what it has to say: that goes where errors go, and the answers where it cannot reach.
        var output = SmbClientCalls.Control(1, SmbClientCalls.DuplicateCloseOnExec, 3);
        if (output < 0 || SmbClientCalls.DuplicateTo(2, 1) < 0)
            return 1;
        // Ctrl+C and a service manager's stop reach every process at once; whoever started us ends us when nothing of his is under way.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var answers = new StreamWriter(new FileStream(new SafeFileHandle(output, ownsHandle: true), FileAccess.Write, 1));
        using var requests = new BlockingCollection<string>();
        new Thread(() => Read(requests)) { IsBackground = true }.Start();
        new SmbAgentLoop(answers).Run(requests.GetConsumingEnumerable());
        return 0;
    }

    // Whoever started us has ended: nothing that is under way matters any more, whatever it waits for.
    private static void Read(BlockingCollection<string> requests)
    {
        while (Console.In.ReadLine() is { } line)
            requests.Add(line);
        SmbClientCalls.ExitAtOnce(0);
    }

    private sealed class SmbAgentLoop(StreamWriter answers)
    {
        private SmbShare? _share;
        private ReadOnlyMemory<byte> _payload;

        internal void Run(IEnumerable<string> requests)
        {
            foreach (var line in requests)
                Answer(AnswerTo(JsonSerializer.Deserialize(line, SmbJson.Default.SmbRequest)!));
        }

        private void Answer(SmbAnswer answer)
        {
            answers.WriteLine(JsonSerializer.Serialize(answer, SmbJson.Default.SmbAnswer));
            answers.Flush();
            answers.BaseStream.Write(_payload.Span);
            _payload = default;
        }

        private SmbAnswer AnswerTo(SmbRequest request)
        {
            try
            {
                if (request.Do == SmbOperation.Connect)
                {
                    _share = SmbShare.Connect(request, Path.Join(Environment.GetEnvironmentVariable("HOME"), ConfigurationName));
                    return new SmbAnswer(SmbOutcome.Done);
                }

                return Do(request, _share!);
            }
            catch (SmbException e)
            {
                return new SmbAnswer(Told(SmbShare.HasSeenWrongSignature ? SmbOutcome.NotSigned : SmbOutcome.Failed)) { Errno = e.Errno, Message = e.Message };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new SmbAnswer(Told(SmbOutcome.LocalFailed)) { Message = e.Message };
            }
            catch (DllNotFoundException)
            {
                return new SmbAnswer(SmbOutcome.LocalFailed) { Message = "this machine has no libsmbclient: install it (Debian and Ubuntu: apt-get install libsmbclient)" };
            }
            catch (EntryPointNotFoundException e)
            {
                return new SmbAnswer(SmbOutcome.LocalFailed) { Message = $"this machine's libsmbclient is another than is needed (from Samba 4.13 on): {e.Message}" };
            }
        }

        // What the gate has seen explains what libsmbclient says.
        private static SmbOutcome Told(SmbOutcome otherwise) => SmbGate.WasSentOn ? SmbOutcome.SentOn : SmbGate.HasRefused ? SmbOutcome.NotEncrypted : otherwise;

        private SmbAnswer Do(SmbRequest request, SmbShare share)
        {
            void Progress() => Answer(new SmbAnswer(SmbOutcome.Progress));
            switch (request.Do)
            {
                case SmbOperation.Exists:
                    return new SmbAnswer(share.KindOf(request.Path) is SmbKind.Missing ? SmbOutcome.Missing : SmbOutcome.Done);
                case SmbOperation.Read:
                    return share.Read(request.Path) is { } contents ? new SmbAnswer(SmbOutcome.Done) { Contents = contents } : new SmbAnswer(SmbOutcome.Missing);
                case SmbOperation.Create:
                    return new SmbAnswer(share.TryCreate(request.Path, request.Contents) ? SmbOutcome.Done : SmbOutcome.Taken);
                case SmbOperation.Send:
                    share.Send(request, Progress);
                    break;
                case SmbOperation.Compare:
                    return new SmbAnswer(share.IsSame(request, Progress) ? SmbOutcome.Done : SmbOutcome.Different);
                case SmbOperation.Hash:
                    return share.Hash(request.Path, Progress) is { } output ? new SmbAnswer(SmbOutcome.Done) { Sha256 = output.Sha256, Bytes = output.Bytes } : new SmbAnswer(SmbOutcome.Missing);
                case SmbOperation.List:
                    return new SmbAnswer(SmbOutcome.Done) { Names = [.. share.List("", withFolders: true).Where(n => n.StartsWith(request.Path, StringComparison.Ordinal))] };
                case SmbOperation.MakeFolders:
                    share.MakeFolders(request.Path);
                    break;
                case SmbOperation.Rename:
                    void Stop()
                    {
                        Answer(new SmbAnswer(SmbOutcome.Taken));
                        SmbClientCalls.ExitAtOnce(0);
                    }

                    return new SmbAnswer(share.TryRename(request.Path, request.To, Stop) ? SmbOutcome.Done : SmbOutcome.Taken);
                case SmbOperation.Remove:
                    share.Remove(request.Path);
                    break;
                case SmbOperation.Space:
                    var space = share.Space();
                    return new SmbAnswer(SmbOutcome.Done) { Bytes = space.FreeBytes, TotalBytes = space.TotalBytes };
                case SmbOperation.Find:
                    var (kind, bytes, lastWrite) = share.Find(request.Path);
                    return kind is SmbKind.File ? new SmbAnswer(SmbOutcome.Done) { Bytes = bytes, LastWrite = lastWrite } : new SmbAnswer(SmbOutcome.Missing);
                case SmbOperation.Entries:
                    if (share.KindOf(request.Path) is not SmbKind.Folder)
                        return new SmbAnswer(SmbOutcome.Missing);
                    share.Entries(request.Path, page => Answer(new SmbAnswer(SmbOutcome.Progress) { Entries = page }));
                    break;
                case SmbOperation.Range:
                    _payload = share.ReadRange(request.Path, request.Offset, request.Count, Progress, out var fileBytes);
                    return new SmbAnswer(SmbOutcome.Done) { Bytes = _payload.Length, TotalBytes = fileBytes };
                default:
                    return new SmbAnswer(SmbOutcome.LocalFailed) { Message = $"{request.Do} is nothing that a share is asked for" };
            }

            return new SmbAnswer(SmbOutcome.Done);
        }
    }
}
