using System.Buffers.Binary;
using System.Text;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Converter.Spool;

/// <summary>
/// What stands before a received data set in its spool file: our own preamble and file meta (PS3.10 7.1), never the peer's. The scanner's
/// identity stands in Private Information, so that a lost receipt can be made again from the file alone.
/// </summary>
internal static class ReceivedFileMeta
{
    // UUID-derived (PS3.5 B.2): names the meaning of our Private Information, UTF-8 text of the scanner's identity.
    private const string CreatorUid = "2.25.216138312503363878717882029040472958639";

    private const int PreambleBytes = 128;

    // Where the elements behind the group's length begin: preamble, DICM, and that length's own element.
    private const int GroupOffset = PreambleBytes + 4 + 12;

    // Ours has some 400 bytes; the scanner's identity is the only part of it that can be longer.
    private const int MaxBytes = 4096;

    /// <summary>The bytes before the data set.</summary>
    internal static byte[] Build(string sopClassUid, string sopInstanceUid, string transferSyntaxUid, string callingAeTitle, string scanner)
    {
        var meta = new DicomDataSet()
            .Set(Tags.FileMetaInformationVersion, [0, 1])
            .Set(Tags.MediaStorageSOPClassUID, sopClassUid)
            .Set(Tags.MediaStorageSOPInstanceUID, sopInstanceUid)
            .Set(Tags.TransferSyntaxUID, transferSyntaxUid)
            .Set(Tags.ImplementationClassUID, ImplementationIdentity.ClassUid)
            .Set(Tags.ImplementationVersionName, ImplementationIdentity.VersionName)
            .Set(Tags.PrivateInformationCreatorUID, CreatorUid)
            .Set(Tags.PrivateInformation, Padded(Encoding.UTF8.GetBytes(scanner)));
        if (!string.IsNullOrWhiteSpace(callingAeTitle))
            meta.Set(Tags.SourceApplicationEntityTitle, callingAeTitle);
        var group = meta.ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        var length = new DicomDataSet().Set(Tags.FileMetaInformationGroupLength, group.Length).ToBytes(TransferSyntax.ExplicitVrLittleEndian);
        return [.. new byte[PreambleBytes], .. "DICM"u8, .. length, .. group];
    }

    /// <summary>The scanner's identity from a file meta that <see cref="Build"/> made; null from any other.</summary>
    internal static string? ScannerOf(DicomDataSet fileMeta) =>
        fileMeta.GetString(Tags.PrivateInformationCreatorUID) == CreatorUid && fileMeta.GetBytes(Tags.PrivateInformation) is { } bytes
            ? Encoding.UTF8.GetString(bytes).TrimEnd('\0')
            : null;

    /// <summary>Scanner and SOP Instance UID a received file begins with, whatever became of the rest; null when not even our file meta is there.</summary>
    internal static (string Scanner, string Instance)? InstanceOf(string path)
    {
        var start = new byte[MaxBytes];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, start, 0);
        if (read < GroupOffset || !start.AsSpan(PreambleBytes, 4).SequenceEqual("DICM"u8))
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(GroupOffset - 4));
        if (length > read - GroupOffset)
            return null;
        try
        {
            var meta = DicomDataSet.Load(start.AsMemory(GroupOffset, (int)length), TransferSyntax.ExplicitVrLittleEndian);
            return ScannerOf(meta) is { } scanner && meta.GetString(Tags.MediaStorageSOPInstanceUID) is { } instance ? (scanner, instance) : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static byte[] Padded(byte[] bytes) => bytes.Length % 2 == 0 ? bytes : [.. bytes, 0];
}
