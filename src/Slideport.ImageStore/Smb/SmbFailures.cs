using System.Net;
using System.Net.Sockets;

namespace Slideport.ImageStore.Smb;

/// <summary>What went wrong with a share, as a sentence that says what to do.</summary>
internal static class SmbFailures
{
    private const int Eperm = 1;
    private const int Enoent = 2;
    private const int Eacces = 13;
    private const int Einval = 22;
    private const int Enospc = 28;
    private const int Erofs = 30;
    private const int Enosys = 38;
    private const int Eprotonosupport = 93;
    private const int Eopnotsupp = 95;
    private const int Edquot = 122;

    /// <summary>The exception for an answer.</summary>
    /// <param name="location">The share.</param>
    /// <param name="user">As whom we came; null: with the host's Kerberos ticket.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="answer">What was answered; a failure.</param>
    internal static IOException Of(SmbLocation location, string? user, SmbRequest request, SmbAnswer answer)
    {
        var who = user is null ? "the host's Kerberos ticket" : $"user '{user}'";
        var remedy = user is null ? "have one (kinit), or a name and a password" : "check the name, the password and whether it may use the share";
        ImageStoreException Store(ImageStoreFailure failure, string sentence, bool isOfLogon = false) =>
            new(failure, $"The image store '{location}' {sentence}; deliveries wait.") { IsOfLogon = isOfLogon };
        ImageStoreException Refused(string sentence, bool isOfLogon = false) => Store(ImageStoreFailure.Refused, sentence, isOfLogon);
        if (answer.Outcome == SmbOutcome.SentOn)
            return Refused("is a DFS link, or lies behind one: name the server and the share it leads to");
        if (answer.Outcome == SmbOutcome.NotEncrypted)
            return Refused("does not encrypt what it is sent, so nothing is sent: let the server demand encryption (Samba: server smb encrypt = required; Windows: Set-SmbShare -EncryptData $true)");
        if (answer.Outcome == SmbOutcome.NotSigned)
            return Refused($"answers without our signature: it lets {who} in as a guest, or somebody sits in between. Switch guests off there (Samba: map to guest = never) and check the user's name and password", user is not null);
        if (answer.Outcome == SmbOutcome.LocalFailed)
            return new IOException($"'{location}': {answer.Message?.TrimEnd('.')}.");
        var isConnecting = request.Do == SmbOperation.Connect;
        return answer.Errno switch
        {
            Enosys or Eprotonosupport or Eopnotsupp when isConnecting => Refused("does not speak SMB 3.1.1; older dialects are not used. Update the server, or switch SMB 3.1.1 on there"),
            Einval when isConnecting && !IsKnown(location.Server) =>
                Store(ImageStoreFailure.Offline, "is on a server whose name nobody knows here: check the name in the location, and this machine's DNS"),
            // Several reasons, of the server's and of this machine's, arrive as this one.
            Einval when isConnecting && user is not null => Refused($"does not take {who}, or its name could not be looked up: {remedy} ('slideport store login {location} --user NAME'), and this machine's DNS", isOfLogon: true),
            Eperm or Eacces or Einval when isConnecting => Refused($"does not take {who}: {remedy} ('slideport store login {location} --user NAME')", user is not null),
            Enoent when isConnecting => Store(ImageStoreFailure.Offline, "is no share and no folder on that server: make it, or mend the location"),
            Eperm or Eacces => Refused($"does not let {who} write or read there: give it the right to change files on the share and in its folder"),
            Erofs => Refused("is write-protected"),
            Enospc or Edquot => Store(ImageStoreFailure.Full, "is full"),
            Enoent => new IOException($"Something is gone from the image store '{location}' ({answer.Message})."),
            _ => Store(ImageStoreFailure.Offline, $"cannot be reached ({answer.Message}, {Name(answer.Errno)}): check the server and the network"),
        };
    }

    private static bool IsKnown(string server)
    {
        try
        {
            return Dns.GetHostAddresses(server).Length > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Name(int errno) => System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);
}
