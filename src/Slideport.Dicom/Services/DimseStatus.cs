using System.Globalization;

namespace Slideport.Dicom.Services;

/// <summary>Status of a DIMSE response (PS3.7 Annex C; for storage PS3.4 Table B.2-1).</summary>
/// <param name="Code">The 16-bit value on the wire.</param>
public readonly record struct DimseStatus(ushort Code)
{
    /// <summary>0000: done. For C-STORE: on stable storage.</summary>
    public static DimseStatus Success => new(0x0000);

    /// <summary>0110: the service failed in processing (PS3.7 C.5.14).</summary>
    public static DimseStatus ProcessingFailure => new(0x0110);

    /// <summary>0111: this SOP Instance UID is already there, with other content (PS3.7 C.5.5).</summary>
    public static DimseStatus DuplicateSopInstance => new(0x0111);

    /// <summary>0112: no such SOP instance (PS3.7 C.5.12).</summary>
    public static DimseStatus NoSuchSopInstance => new(0x0112);

    /// <summary>0113: no such event type (PS3.7 Annex C).</summary>
    public static DimseStatus NoSuchEventType => new(0x0113);

    /// <summary>0115: an argument has a value it cannot have (PS3.7 C.5.10).</summary>
    public static DimseStatus InvalidArgumentValue => new(0x0115);

    /// <summary>0117: the SOP Instance UID cannot be one (PS3.7 C.5.10).</summary>
    public static DimseStatus InvalidSopInstance => new(0x0117);

    /// <summary>0119: class and instance do not belong together (PS3.7 C.5.4).</summary>
    public static DimseStatus ClassInstanceConflict => new(0x0119);

    /// <summary>0120: a required attribute is missing (PS3.7 C.5.11).</summary>
    public static DimseStatus MissingAttribute => new(0x0120);

    /// <summary>0122: the SOP class is not supported here (PS3.7 C.5.18).</summary>
    public static DimseStatus SopClassNotSupported => new(0x0122);

    /// <summary>0123: no such action (PS3.7 C.5.8).</summary>
    public static DimseStatus NoSuchAction => new(0x0123);

    /// <summary>0124: this peer may not (PS3.7 C.5.13).</summary>
    public static DimseStatus NotAuthorized => new(0x0124);

    /// <summary>0131: this transaction UID is already in use (PS3.3 C.14).</summary>
    public static DimseStatus DuplicateTransactionUid => new(0x0131);

    /// <summary>0210: the message id is in use (PS3.7 C.5.6).</summary>
    public static DimseStatus DuplicateInvocation => new(0x0210);

    /// <summary>0211: no such operation here (PS3.7 C.5.23).</summary>
    public static DimseStatus UnrecognizedOperation => new(0x0211);

    /// <summary>0212: the operation's arguments are not what they must be (PS3.7 C.5.15).</summary>
    public static DimseStatus MistypedArgument => new(0x0212);

    /// <summary>0213: a limit was reached (PS3.7 C.5.19).</summary>
    public static DimseStatus ResourceLimitation => new(0x0213);

    /// <summary>A700: no room, or the disk failed (PS3.4 B.2.3). Transient: the sender may try again later.</summary>
    public static DimseStatus OutOfResources => new(0xA700);

    /// <summary>A900: the data set is not of the SOP class, or not the instance, the command named (PS3.4 B.2.3).</summary>
    public static DimseStatus DataSetDoesNotMatchSopClass => new(0xA900);

    /// <summary>C000: the data set cannot be understood (PS3.4 B.2.3).</summary>
    public static DimseStatus CannotUnderstand => new(0xC000);

    /// <summary>0000, or a warning: the instance is stored (PS3.4 B.2.3: 0001, 0107, 0116, Bxxx).</summary>
    public bool IsStored => Code is 0x0000 or 0x0001 or 0x0107 or 0x0116 or (>= 0xB000 and <= 0xBFFF);

    /// <summary>Worth another try later: out of resources.</summary>
    public bool IsTransient => Code is (>= 0xA700 and <= 0xA7FF) or 0x0213;

    /// <summary>Four hexadecimal digits and, where it has one, the name.</summary>
    public override string ToString() => Code switch
    {
        0x0000 => "0000 success",
        0x0110 => "0110 processing failure",
        0x0111 => "0111 duplicate SOP instance",
        0x0112 => "0112 no such SOP instance",
        0x0113 => "0113 no such event type",
        0x0115 => "0115 invalid argument value",
        0x0117 => "0117 invalid SOP instance",
        0x0119 => "0119 class and instance do not belong together",
        0x0120 => "0120 missing attribute",
        0x0122 => "0122 SOP class not supported",
        0x0124 => "0124 not authorized",
        0x0131 => "0131 duplicate transaction UID",
        0x0210 => "0210 duplicate invocation",
        0x0211 => "0211 unrecognized operation",
        0x0212 => "0212 mistyped argument",
        0xB000 => "B000 coercion of data elements",
        0xB006 => "B006 elements discarded",
        0xB007 => "B007 data set does not match SOP class",
        >= 0xA700 and <= 0xA7FF => $"{Hex} out of resources",
        0xA900 => "A900 data set does not match SOP class",
        >= 0xC000 and <= 0xCFFF => $"{Hex} cannot understand",
        _ => Hex,
    };

    private string Hex => Code.ToString("X4", CultureInfo.InvariantCulture);
}
