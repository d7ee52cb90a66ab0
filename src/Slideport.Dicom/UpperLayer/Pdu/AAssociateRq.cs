namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>A presentation context the requestor proposes (item 20H, PS3.8 9.3.2.2): an odd id, what to talk about, and in which encodings.</summary>
internal sealed record ProposedContext(byte Id, string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes);

/// <summary>A-ASSOCIATE-RQ (PS3.8 9.3.2).</summary>
internal sealed record AAssociateRq(
    ushort ProtocolVersion,
    string CalledAETitle,
    string CallingAETitle,
    string ApplicationContext,
    IReadOnlyList<ProposedContext> Contexts,
    UserInformation User)
{
    /// <summary>Both titles and the 32 reserved bytes as they came: they go back in the answer unchanged (PS3.8 Table 9-17).</summary>
    public ReadOnlyMemory<byte> TitlesAndReserved { get; init; }

    /// <exception cref="PduException">A length leaves the PDU, or a context id is even or used twice.</exception>
    public static AAssociateRq Parse(ReadOnlySpan<byte> body)
    {
        var reader = new SpanReader(body);
        var version = reader.UInt16();
        reader.Skip(2);
        var titlesAndReserved = reader.Take(64);
        var called = SpanReader.Text(titlesAndReserved[..16]);
        var calling = SpanReader.Text(titlesAndReserved[16..32]);

        var applicationContext = "";
        var contexts = new List<ProposedContext>();
        UserInformation? user = null;
        while (!reader.AtEnd)
        {
            var (type, length) = reader.ItemHeader();
            var item = reader.Take(length);
            switch (type)
            {
                case 0x10:
                    applicationContext = SpanReader.Text(item);
                    break;
                case 0x20:
                    contexts.Add(ParseContext(item, contexts));
                    break;
                case 0x50:
                    user = UserInformation.Parse(item);
                    break;
                default:
                    break;
            }
        }

        return new AAssociateRq(version, called, calling, applicationContext, contexts, user ?? new UserInformation(0, "", null, []))
        {
            TitlesAndReserved = titlesAndReserved.ToArray(),
        };
    }

    public byte[] ToBytes()
    {
        var pdu = new PduBuilder(PduType.AAssociateRq).UInt16(ProtocolVersion).UInt16(0)
            .AETitle(CalledAETitle).AETitle(CallingAETitle).Raw(stackalloc byte[32])
            .Item(0x10, i => i.Text(ApplicationContext));
        foreach (var context in Contexts)
        {
            pdu.Item(0x20, item =>
            {
                item.Byte(context.Id).Byte(0).UInt16(0).Item(0x30, i => i.Text(context.AbstractSyntax));
                foreach (var syntax in context.TransferSyntaxes)
                    item.Item(0x40, i => i.Text(syntax));
            });
        }

        User.Write(pdu);
        return pdu.ToBytes();
    }

    private static ProposedContext ParseContext(ReadOnlySpan<byte> item, List<ProposedContext> earlier)
    {
        var reader = new SpanReader(item);
        var id = reader.Byte();
        reader.Skip(3);
        if ((id & 1) == 0 || earlier.Exists(c => c.Id == id))
            throw new PduException(AbortReason.InvalidParameterValue, $"Presentation context id {id} is {((id & 1) == 0 ? "even" : "used twice")}.");

        var abstractSyntax = "";
        var transferSyntaxes = new List<string>();
        while (!reader.AtEnd)
        {
            var (type, length) = reader.ItemHeader();
            var text = SpanReader.Text(reader.Take(length));
            if (type == 0x30)
                abstractSyntax = text;
            else if (type == 0x40)
                transferSyntaxes.Add(text);
        }

        return new ProposedContext(id, abstractSyntax, transferSyntaxes);
    }
}
