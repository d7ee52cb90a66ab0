namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>The peer sent a PDU the standard does not allow; carries what the A-ABORT that answers it says (PS3.8 9.3.8).</summary>
internal sealed class PduException(AbortReason reason, string message) : DicomException(message)
{
    public AbortReason Reason { get; } = reason;
}
