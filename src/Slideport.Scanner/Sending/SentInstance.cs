using Slideport.Dicom.Services;

namespace Slideport.Scanner.Sending;

/// <summary>What became of one instance.</summary>
/// <param name="Path">The file.</param>
/// <param name="SopClassUid">SOP class.</param>
/// <param name="SopInstanceUid">SOP instance.</param>
/// <param name="Bytes">Bytes of its data set.</param>
/// <param name="Status">The receiver's last answer; null when it never gave one.</param>
/// <param name="Comment">The receiver's words, or what broke; null when all went well.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="Duration">From the first byte of the first attempt to the last answer.</param>
public sealed record SentInstance(
    string Path, string SopClassUid, string SopInstanceUid, long Bytes, DimseStatus? Status, string? Comment, int Attempts, TimeSpan Duration)
{
    /// <summary>Whether the receiver said that it has it.</summary>
    public bool IsAcknowledged => Status is { IsStored: true };

    /// <summary>Whether the receiver has taken responsibility for it; null when it was not asked.</summary>
    public bool? IsCommitted { get; init; }
}
