using System.Text.Json.Serialization;

namespace Slideport.ImageStore.Smb;

/// <summary>What the process that speaks with a share is asked to do.</summary>
internal enum SmbOperation
{
    /// <summary>The first: connects, and makes sure that the folder is there.</summary>
    Connect,

    /// <summary>Whether there is a file or folder.</summary>
    Exists,

    /// <summary>Reads a small file.</summary>
    Read,

    /// <summary>Makes a small file that must not be there.</summary>
    Create,

    /// <summary>Copies a range of a local file into the same place of a file, which is made if it is not there.</summary>
    Send,

    /// <summary>Reads a range of a file and compares it with the same range of a local one.</summary>
    Compare,

    /// <summary>Reads a file or folder for its hash.</summary>
    Hash,

    /// <summary>Names that begin in one way.</summary>
    List,

    /// <summary>Makes a folder and those above it.</summary>
    MakeFolders,

    /// <summary>Renames, never replacing.</summary>
    Rename,

    /// <summary>Removes a file, or a folder of files, if it is there.</summary>
    Remove,

    /// <summary>How much room there is.</summary>
    Space,

    /// <summary>Size and age of a file.</summary>
    Find,

    /// <summary>What lies in a folder, with sizes and ages, some of it at a time.</summary>
    Entries,

    /// <summary>Bytes from a place in a file: they follow the answer's line as they are.</summary>
    Range,
}

/// <summary>How it went.</summary>
internal enum SmbOutcome
{
    Done,

    /// <summary>More is to come: a piece has been moved.</summary>
    Progress,

    /// <summary>There is no such thing.</summary>
    Missing,

    /// <summary>The name is taken.</summary>
    Taken,

    /// <summary>What was compared is not the same.</summary>
    Different,

    /// <summary>The server, or the way to it, said no: <see cref="SmbAnswer.Errno"/>.</summary>
    Failed,

    /// <summary>We said no: something would have been sent that everybody could have read.</summary>
    NotEncrypted,

    /// <summary>A signature was wrong: so answers who lets us in as a guest, or who sits in between.</summary>
    NotSigned,

    /// <summary>The server sends us on to another (DFS), which we did not agree to speak with.</summary>
    SentOn,

    /// <summary>A local file cannot be read.</summary>
    LocalFailed,
}

/// <summary>A line to the process that speaks with a share.</summary>
internal sealed record SmbRequest(SmbOperation Do)
{
    public string Path { get; init; } = "";
    public string To { get; init; } = "";
    public string Local { get; init; } = "";
    public byte[] Contents { get; init; } = [];
    public SmbLocation? Location { get; init; }

    /// <summary>Where a range begins, and how many bytes of it are wanted.</summary>
    public long Offset { get; init; }
    public long Count { get; init; }

    /// <summary>Null: the Kerberos ticket that the host has.</summary>
    public string? User { get; init; }
    public string Password { get; init; } = "";
    public string Domain { get; init; } = "";

    // Never the password.
    public override string ToString() => $"{Do} {Path}";
}

/// <summary>A line from it.</summary>
internal sealed record SmbAnswer(SmbOutcome Outcome)
{
    public int Errno { get; init; }
    public string? Message { get; init; }
    public long Bytes { get; init; }
    public long TotalBytes { get; init; }
    public string? Sha256 { get; init; }
    public byte[] Contents { get; init; } = [];
    public string[] Names { get; init; } = [];
    public SmbEntry[] Entries { get; init; } = [];

    /// <summary>Of a file: seconds since 1970, by the server's clock.</summary>
    public long LastWrite { get; init; }
}

/// <summary>What lies in a folder.</summary>
internal sealed record SmbEntry(string Name, bool IsFolder, long Bytes, long LastWrite);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(SmbRequest))]
[JsonSerializable(typeof(SmbAnswer))]
internal sealed partial class SmbJson : JsonSerializerContext;
