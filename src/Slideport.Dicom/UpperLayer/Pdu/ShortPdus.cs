namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>A-ABORT (PS3.8 9.3.8): source 0 is the service user, 2 the provider, whose reason then counts.</summary>
internal readonly record struct AAbort(byte Source, AbortReason Reason)
{
    public static AAbort ByUser => new(0, AbortReason.NotSpecified);

    public static AAbort ByProvider(AbortReason reason) => new(2, reason);

    public static AAbort Parse(ReadOnlySpan<byte> body) => body.Length == 4
        ? new AAbort(body[2], (AbortReason)body[3])
        : throw new PduException(AbortReason.InvalidParameterValue, $"An A-ABORT is 4 bytes long, not {body.Length}.");

    public byte[] ToBytes() => [(byte)PduType.AAbort, 0, 0, 0, 0, 4, 0, 0, Source, (byte)Reason];
}

/// <summary>A-RELEASE-RQ and A-RELEASE-RP (PS3.8 9.3.6, 9.3.7): four reserved bytes.</summary>
internal static class ARelease
{
    public static byte[] Rq => [(byte)PduType.AReleaseRq, 0, 0, 0, 0, 4, 0, 0, 0, 0];

    public static byte[] Rp => [(byte)PduType.AReleaseRp, 0, 0, 0, 0, 4, 0, 0, 0, 0];

    public static void Check(ReadOnlySpan<byte> body)
    {
        if (body.Length != 4)
            throw new PduException(AbortReason.InvalidParameterValue, $"A release PDU is 4 bytes long, not {body.Length}.");
    }
}
