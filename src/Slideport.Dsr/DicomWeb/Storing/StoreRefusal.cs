using Slideport.Dicom.Services;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>Why an instance is not stored.</summary>
/// <param name="Reason">Failure Reason (PS3.18 10.5.3, PS3.4 B.2.3).</param>
/// <param name="Sentence">The same for people.</param>
internal sealed record StoreRefusal(DimseStatus Reason, string Sentence)
{
    /// <summary>C122: the transfer syntax is not supported.</summary>
    internal static readonly DimseStatus TransferSyntaxNotSupported = new(0xC122);
}
