using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// The PDUs of a peer nobody knows yet. The first byte is the type, the rest the body. What a parser accepts is written and read again: the
/// second writing must give the first one's bytes. What it does not accept must be refused with a reason the standard has.
/// </summary>
internal static class PduTarget
{
    /// <summary>Runs one input; throws where a parser did what it must not.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        // Items that are always written could make a longer one outgrow its 16-bit length.
        if (data.IsEmpty || data.Length > 60_000) return;
        var body = data[1..];
        try
        {
            switch ((PduType)(data[0] % 8))
            {
                case PduType.AAssociateRq:
                    var request = AAssociateRq.Parse(body).ToBytes();
                    Same(request, AAssociateRq.Parse(request.AsSpan(6)).ToBytes());
                    break;
                case PduType.AAssociateAc:
                    var accept = AAssociateAc.Parse(body).ToBytes();
                    Same(accept, AAssociateAc.Parse(accept.AsSpan(6)).ToBytes());
                    break;
                case PduType.AAssociateRj:
                    var reject = AAssociateRj.Parse(body).ToBytes();
                    Same(reject, AAssociateRj.Parse(reject.AsSpan(6)).ToBytes());
                    break;
                case PduType.PDataTf:
                    WalkValues(body);
                    break;
                case PduType.AReleaseRq or PduType.AReleaseRp:
                    ARelease.Check(body);
                    break;
                case PduType.AAbort:
                    var abort = AAbort.Parse(body).ToBytes();
                    Same(abort, AAbort.Parse(abort.AsSpan(6)).ToBytes());
                    break;
                default:
                    ReadFromStream(data);
                    break;
            }
        }
        catch (PduException e) when (Enum.IsDefined(e.Reason))
        {
            // Refused, with a reason that can go into an A-ABORT.
        }
    }

    /// <summary>One PDU of each kind.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        var user = new UserInformation(16384, "1.2.3", "NAME", [new RoleSelection("1.2", true, false)]);
        yield return Seed(new AAssociateRq(1, "A", "B", "1.2", [new ProposedContext(1, "1.2", ["1.3", "1.4"])], user).ToBytes());
        yield return Seed(new AAssociateAc("A", "B", [new AnsweredContext(1, ContextResult.Acceptance, "1.3")], user).ToBytes());
        yield return Seed(AAssociateRj.NoReason.ToBytes());
        yield return Seed(AAbort.ByUser.ToBytes());
        yield return Seed(ARelease.Rq);
        byte[] values = [4, 0, 0, 0, 4, 1, 3, 65, 66, 0, 0, 0, 2, 1, 2];
        yield return values;
        yield return [0, .. AAbort.ByUser.ToBytes(), .. ARelease.Rp];
    }

    private static byte[] Seed(byte[] pdu) => [pdu[0], .. pdu[6..]];

    // The values lie one behind the other, inside the body, and fill it.
    private static void WalkValues(ReadOnlySpan<byte> body)
    {
        var offset = 0;
        while (offset < body.Length)
        {
            var value = PDataTf.ReadValue(body, offset);
            if (value.Offset != offset + PDataTf.ValueHeaderBytes || value.Length < 0 || value.Offset + value.Length > body.Length)
                throw new InvalidOperationException($"A value at {offset} leaves its PDU");
            offset = value.Offset + value.Length;
        }
    }

    private static void ReadFromStream(ReadOnlySpan<byte> data)
    {
        using var stream = new MemoryStream(data[1..].ToArray());
        var reading = ReadAllAsync(stream);
        if (!reading.IsCompleted) throw new InvalidOperationException("The reader waits for bytes that are there");
        if (reading.Exception is { } e) throw e.InnerException!;
    }

    // Bytes as from a connection, until they end or are refused. A memory stream answers at once, so nothing is waited for.
    private static async Task ReadAllAsync(MemoryStream stream)
    {
        using var reader = new PduReader(stream, new AssociationLimits(), TimeProvider.System);
        try
        {
            while (await reader.ReadAsync(TimeSpan.FromMinutes(1), CancellationToken.None) is { } pdu)
            {
                if (pdu.Body.Length > stream.Length) throw new InvalidOperationException("A PDU is longer than what was sent");
            }
        }
        catch (AssociationException)
        {
            // Cut short.
        }
    }

    private static void Same(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (!first.SequenceEqual(second)) throw new InvalidOperationException("What was read is written differently");
    }
}
