using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.UpperLayer;

/// <summary>A presentation context both sides agreed on.</summary>
/// <param name="Id">Odd number that marks its messages on the wire.</param>
/// <param name="AbstractSyntax">SOP class UID.</param>
/// <param name="TransferSyntax">How its data sets are encoded.</param>
public sealed record NegotiatedContext(byte Id, string AbstractSyntax, TransferSyntax TransferSyntax);
