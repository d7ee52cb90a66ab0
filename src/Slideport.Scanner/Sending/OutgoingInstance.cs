using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services.StorageCommitment;

namespace Slideport.Scanner.Sending;

/// <summary>An instance on its way: what must be known of it to propose contexts, to count bytes, to name it.</summary>
internal sealed class OutgoingInstance
{
    /// <summary>Reads a file's header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="slide">Which slide it belongs to.</param>
    /// <param name="index">Its place in the ledger.</param>
    public OutgoingInstance(string path, int slide, int index)
    {
        (Path, Slide, Index) = (path, slide, index);
        using var file = Open();
        Reference = new InstanceReference(
            file.FileMeta.GetString(Tags.MediaStorageSOPClassUID) ?? "", file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID) ?? "");
        TransferSyntax = file.TransferSyntax;
        Bytes = RandomAccess.GetLength(file.Handle) - file.DataSetOffset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Which slide it belongs to.</summary>
    public int Slide { get; }

    /// <summary>Its place in the ledger.</summary>
    public int Index { get; }

    /// <summary>SOP class and instance.</summary>
    public InstanceReference Reference { get; }

    /// <summary>How the data set is encoded.</summary>
    public TransferSyntax TransferSyntax { get; }

    /// <summary>Bytes of the data set.</summary>
    public long Bytes { get; }

    /// <summary>Opens the file without loading anything of its data set, whose per-frame groups alone may have tens of megabytes.</summary>
    public Part10File Open() => Part10File.Open(Path, SkipAll);

    private static bool SkipAll(DicomReader reader)
    {
        reader.Skip();
        return true;
    }
}
