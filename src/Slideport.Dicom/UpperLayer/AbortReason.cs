namespace Slideport.Dicom.UpperLayer;

/// <summary>Reason of an A-ABORT by the service provider (PS3.8 Table 9-26); 1 and 3 are reserved.</summary>
public enum AbortReason : byte
{
    /// <summary>No reason given, or an abort by the service user.</summary>
    NotSpecified = 0,

    /// <summary>The type byte names no PDU.</summary>
    UnrecognizedPdu = 1,

    /// <summary>A PDU that may not come in this state.</summary>
    UnexpectedPdu = 2,

    /// <summary>A parameter nobody knows.</summary>
    UnrecognizedParameter = 4,

    /// <summary>A parameter that may not stand there.</summary>
    UnexpectedParameter = 5,

    /// <summary>A parameter with a value it cannot have.</summary>
    InvalidParameterValue = 6,
}
