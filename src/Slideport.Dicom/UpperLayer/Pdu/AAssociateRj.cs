namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>A-ASSOCIATE-RJ (PS3.8 9.3.4): result (1 permanent, 2 transient), source and reason as Table 9-21 numbers them.</summary>
internal readonly record struct AAssociateRj(byte Result, byte Source, byte Reason)
{
    public static AAssociateRj NoReason => new(1, 1, 1);

    public static AAssociateRj ApplicationContextNotSupported => new(1, 1, 2);

    public static AAssociateRj CallingAETitleNotRecognized => new(1, 1, 3);

    public static AAssociateRj CalledAETitleNotRecognized => new(1, 1, 7);

    public static AAssociateRj ProtocolVersionNotSupported => new(1, 2, 2);

    public static AAssociateRj LocalLimitExceeded => new(2, 3, 2);

    public static AAssociateRj Parse(ReadOnlySpan<byte> body) => body.Length == 4
        ? new AAssociateRj(body[1], body[2], body[3])
        : throw new PduException(AbortReason.InvalidParameterValue, $"An A-ASSOCIATE-RJ is 4 bytes long, not {body.Length}.");

    public byte[] ToBytes() => [(byte)PduType.AAssociateRj, 0, 0, 0, 0, 4, 0, Result, Source, Reason];

    public override string ToString() => (Source, Reason) switch
    {
        (1, 1) => "no reason given",
        (1, 2) => "application context name not supported",
        (1, 3) => "calling AE title not recognized",
        (1, 7) => "called AE title not recognized",
        (2, 2) => "protocol version not supported",
        (3, 1) => "temporary congestion",
        (3, 2) => "local limit exceeded",
        _ => $"source {Source}, reason {Reason}",
    };
}
