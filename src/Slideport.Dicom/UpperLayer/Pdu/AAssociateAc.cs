namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>Answer to a proposed presentation context (PS3.8 Table 9-18).</summary>
internal enum ContextResult : byte
{
    Acceptance = 0,
    UserRejection = 1,
    NoReason = 2,
    AbstractSyntaxNotSupported = 3,
    TransferSyntaxesNotSupported = 4,
}

/// <summary>The acceptor's answer to one context (item 21H); the transfer syntax counts only when accepted.</summary>
internal sealed record AnsweredContext(byte Id, ContextResult Result, string TransferSyntax);

/// <summary>A-ASSOCIATE-AC (PS3.8 9.3.3).</summary>
internal sealed record AAssociateAc(
    string CalledAETitle, string CallingAETitle, IReadOnlyList<AnsweredContext> Contexts, UserInformation User)
{
    /// <summary>Titles and reserved bytes of the request, sent back as they came (PS3.8 Table 9-17); empty to write the titles.</summary>
    public ReadOnlyMemory<byte> TitlesAndReserved { get; init; }

    /// <exception cref="PduException">A length leaves the PDU.</exception>
    public static AAssociateAc Parse(ReadOnlySpan<byte> body)
    {
        var reader = new SpanReader(body);
        reader.Skip(4);
        var called = SpanReader.Text(reader.Take(16));
        var calling = SpanReader.Text(reader.Take(16));
        reader.Skip(32);

        var contexts = new List<AnsweredContext>();
        UserInformation? user = null;
        while (!reader.AtEnd)
        {
            var (type, length) = reader.ItemHeader();
            var item = reader.Take(length);
            if (type == 0x21)
                contexts.Add(ParseContext(item));
            else if (type == 0x50)
                user = UserInformation.Parse(item);
        }

        return new AAssociateAc(called, calling, contexts, user ?? new UserInformation(0, "", null, []));
    }

    public byte[] ToBytes()
    {
        var pdu = new PduBuilder(PduType.AAssociateAc).UInt16(1).UInt16(0);
        if (TitlesAndReserved.IsEmpty)
            pdu.AETitle(CalledAETitle).AETitle(CallingAETitle).Raw(stackalloc byte[32]);
        else
            pdu.Raw(TitlesAndReserved.Span);
        pdu.Item(0x10, i => i.Text(Dictionary.Uids.ApplicationContext));
        foreach (var context in Contexts)
        {
            pdu.Item(0x21, item => item.Byte(context.Id).Byte(0).Byte((byte)context.Result).Byte(0)
                .Item(0x40, i => i.Text(context.TransferSyntax)));
        }

        User.Write(pdu);
        return pdu.ToBytes();
    }

    private static AnsweredContext ParseContext(ReadOnlySpan<byte> item)
    {
        var reader = new SpanReader(item);
        var id = reader.Byte();
        reader.Skip(1);
        var result = (ContextResult)reader.Byte();
        reader.Skip(1);
        var syntax = "";
        while (!reader.AtEnd)
        {
            var (type, length) = reader.ItemHeader();
            var text = SpanReader.Text(reader.Take(length));
            if (type == 0x40)
                syntax = text;
        }

        return new AnsweredContext(id, result, syntax);
    }
}
