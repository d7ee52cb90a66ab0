using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.UpperLayer;

/// <summary>What an acceptor takes of one SOP class, best transfer syntax first.</summary>
/// <param name="AbstractSyntax">SOP class UID.</param>
/// <param name="TransferSyntaxes">In the acceptor's order of preference.</param>
internal sealed record SupportedContext(string AbstractSyntax, IReadOnlyList<TransferSyntax> TransferSyntaxes);

/// <summary>Answers the contexts of an A-ASSOCIATE-RQ, one by one, in the acceptor's order of preference (PS3.8 9.3.3.2).</summary>
internal static class ContextNegotiation
{
    public static IReadOnlyList<AnsweredContext> Answer(IReadOnlyList<ProposedContext> proposed, IReadOnlyDictionary<string, SupportedContext> supported) =>
        [.. proposed.Select(context => Answer(context, supported))];

    /// <summary>What both sides agreed on. Answers to contexts nobody proposed are passed over.</summary>
    /// <exception cref="PduException">A context is answered twice, or with a transfer syntax that was not proposed for it.</exception>
    public static IReadOnlyDictionary<byte, NegotiatedContext> Agreed(IReadOnlyList<ProposedContext> proposed, IReadOnlyList<AnsweredContext> answered)
    {
        var agreed = new Dictionary<byte, NegotiatedContext>();
        foreach (var answer in answered.Where(a => a.Result == ContextResult.Acceptance))
        {
            if (proposed.FirstOrDefault(p => p.Id == answer.Id) is not { } proposal)
                continue;
            if (!proposal.TransferSyntaxes.Contains(answer.TransferSyntax))
                throw new PduException(AbortReason.InvalidParameterValue, $"Context {answer.Id} is accepted in a transfer syntax that was not proposed for it.");
            if (!agreed.TryAdd(answer.Id, new NegotiatedContext(answer.Id, proposal.AbstractSyntax, TransferSyntax.Find(answer.TransferSyntax))))
                throw new PduException(AbortReason.InvalidParameterValue, $"Context {answer.Id} is answered twice.");
        }

        return agreed;
    }

    /// <summary>
    /// Grants of the proposed roles those that fit ours (PS3.7 D.3.3.4): the peer may be SCU where we are SCP, and SCP where we are SCU. A SOP
    /// class we do not know is not answered, as if the item were unknown; one named twice is answered once, or the answer could outgrow its item.
    /// </summary>
    /// <param name="proposed">Roles the requestor wants.</param>
    /// <param name="ours">Our roles by SOP class.</param>
    public static IReadOnlyList<RoleSelection> Roles(IReadOnlyList<RoleSelection> proposed, Func<string, (bool Scu, bool Scp)> ours) =>
    [
        .. proposed.DistinctBy(role => role.SopClassUid).Select(role => (role, ours: ours(role.SopClassUid))).Where(r => r.ours.Scu || r.ours.Scp)
            .Select(r => r.role with { Scu = r.role.Scu && r.ours.Scp, Scp = r.role.Scp && r.ours.Scu }),
    ];

    private static AnsweredContext Answer(ProposedContext context, IReadOnlyDictionary<string, SupportedContext> supported)
    {
        // A refused context still names one transfer syntax, which nobody looks at (PS3.8 Table 9-18).
        var any = context.TransferSyntaxes.Count > 0 ? context.TransferSyntaxes[0] : TransferSyntax.ImplicitVrLittleEndian.Uid;
        if (!supported.TryGetValue(context.AbstractSyntax, out var ours))
            return new AnsweredContext(context.Id, ContextResult.AbstractSyntaxNotSupported, any);
        var best = ours.TransferSyntaxes.FirstOrDefault(s => context.TransferSyntaxes.Contains(s.Uid));
        return best is null
            ? new AnsweredContext(context.Id, ContextResult.TransferSyntaxesNotSupported, any)
            : new AnsweredContext(context.Id, ContextResult.Acceptance, best.Uid);
    }
}
