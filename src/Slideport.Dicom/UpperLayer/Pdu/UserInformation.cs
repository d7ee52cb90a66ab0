using System.Buffers.Binary;

namespace Slideport.Dicom.UpperLayer.Pdu;

/// <summary>SCP/SCU role selection of one SOP class (item 54H, PS3.7 D.3.3.4): what the requestor proposes to be, or the acceptor grants.</summary>
internal sealed record RoleSelection(string SopClassUid, bool Scu, bool Scp);

/// <summary>User information (item 50H, PS3.7 Annex D.3). User identity and extended negotiation are skipped: identity is the certificate.</summary>
/// <param name="MaxPduLength">Longest P-DATA-TF its sender wants to receive, in bytes behind the PDU header; 0 for no limit.</param>
/// <param name="ImplementationClassUid">Item 52H.</param>
/// <param name="ImplementationVersionName">Item 55H, at most 16 characters; null when absent.</param>
/// <param name="Roles">Items 54H.</param>
internal sealed record UserInformation(
    uint MaxPduLength, string ImplementationClassUid, string? ImplementationVersionName, IReadOnlyList<RoleSelection> Roles)
{
    private const byte MaximumLengthItem = 0x51;
    private const byte ImplementationClassUidItem = 0x52;
    private const byte RoleSelectionItem = 0x54;
    private const byte ImplementationVersionNameItem = 0x55;

    public static UserInformation Ours(uint maxPduLength, IReadOnlyList<RoleSelection> roles) =>
        new(maxPduLength, ImplementationIdentity.ClassUid, ImplementationIdentity.VersionName, roles);

    public static UserInformation Parse(ReadOnlySpan<byte> value)
    {
        var reader = new SpanReader(value);
        uint maxLength = 0;
        string implementation = "";
        string? version = null;
        var roles = new List<RoleSelection>();
        while (!reader.AtEnd)
        {
            var (type, length) = reader.ItemHeader();
            var item = reader.Take(length);
            switch (type)
            {
                case MaximumLengthItem when length == 4:
                    maxLength = BinaryPrimitives.ReadUInt32BigEndian(item);
                    break;
                case MaximumLengthItem:
                    throw new PduException(AbortReason.InvalidParameterValue, $"The maximum length item is {length} bytes long instead of 4.");
                case ImplementationClassUidItem:
                    implementation = SpanReader.Text(item);
                    break;
                case ImplementationVersionNameItem:
                    version = SpanReader.Text(item);
                    break;
                case RoleSelectionItem:
                    roles.Add(ParseRole(item));
                    break;
                default:
                    break; // the standard asks to ignore what one does not know
            }
        }

        return new UserInformation(maxLength, implementation, version, roles);
    }

    public void Write(PduBuilder pdu) => pdu.Item(0x50, item =>
    {
        item.Item(MaximumLengthItem, i => i.UInt32(MaxPduLength));
        item.Item(ImplementationClassUidItem, i => i.Text(ImplementationClassUid));
        foreach (var role in Roles)
        {
            item.Item(RoleSelectionItem, i => i.UInt16((ushort)role.SopClassUid.Length).Text(role.SopClassUid)
                .Byte(role.Scu ? (byte)1 : (byte)0).Byte(role.Scp ? (byte)1 : (byte)0));
        }

        if (ImplementationVersionName is { } version)
            item.Item(ImplementationVersionNameItem, i => i.Text(version));
    });

    private static RoleSelection ParseRole(ReadOnlySpan<byte> item)
    {
        var reader = new SpanReader(item);
        var uid = SpanReader.Text(reader.Take(reader.UInt16()));
        return new RoleSelection(uid, reader.Byte() == 1, reader.Byte() == 1);
    }
}
