using System.Text.Json;

namespace Slideport.Converter.Spool;

/// <summary>What is known about one received instance: written and flushed before the instance is acknowledged.</summary>
/// <param name="SopInstanceUid">SOP Instance UID, of the command and of the data set alike.</param>
/// <param name="SopClassUid">SOP Class UID.</param>
/// <param name="StudyInstanceUid">Study.</param>
/// <param name="SeriesInstanceUid">Series.</param>
/// <param name="TransferSyntaxUid">Transfer syntax of the accepted presentation context.</param>
/// <param name="Sha256">SHA-256 of the data set as it came over the wire, hexadecimal.</param>
/// <param name="DataSetOffset">Where the data set begins in the spool file; preamble and file meta lie before it.</param>
/// <param name="DataSetBytes">Length of the data set.</param>
/// <param name="Scanner">Identity of the scanner, as in <see cref="SlideKey"/>.</param>
/// <param name="Peer">Address and AE titles: labels for the log, no proof.</param>
/// <param name="ReceivedAt">When the last byte had come.</param>
/// <param name="BootId">This start of the machine, which makes <paramref name="Sequence"/> an order that no clock can upset.</param>
/// <param name="Sequence">Counts instances since this process started.</param>
internal sealed record Receipt(
    string SopInstanceUid,
    string SopClassUid,
    string StudyInstanceUid,
    string SeriesInstanceUid,
    string TransferSyntaxUid,
    string Sha256,
    long DataSetOffset,
    long DataSetBytes,
    string Scanner,
    string Peer,
    DateTimeOffset ReceivedAt,
    string BootId,
    long Sequence)
{
    internal const string Extension = ".json";
    internal const string InstanceExtension = ".dcm";

    /// <summary>The instance's file name without extension: same UID and same bytes give the same name, so a resend meets itself.</summary>
    internal string FileStem => $"{SpoolName.Of(SopInstanceUid)}.{Sha256[..16]}";

    /// <summary>The slide the instance belongs to.</summary>
    internal SlideKey Key => new(Scanner, StudyInstanceUid, SeriesInstanceUid);

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpoolJson.Default.Receipt);

    /// <summary>Reads a receipt; null when it is missing, torn or not ours, as after a crash before its flush.</summary>
    internal static Receipt? TryRead(string path)
    {
        try
        {
            var receipt = JsonSerializer.Deserialize(File.ReadAllBytes(path), SpoolJson.Default.Receipt);
            return receipt is { Sha256.Length: 64 } ? receipt : null;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }
}
