using System.Buffers.Binary;
using System.Text;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>PDUs as PS3.8 draws them, written here by hand so that the code under test never checks itself.</summary>
internal static class Wire
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string WsiStorage = "1.2.840.10008.5.1.4.1.1.77.1.6";
    public const string Commitment = "1.2.840.10008.1.20.1";
    public const string CommitmentInstance = "1.2.840.10008.1.20.1.1";
    public const string ImplicitLittle = "1.2.840.10008.1.2";
    public const string ExplicitLittle = "1.2.840.10008.1.2.1";
    public const string Deflated = "1.2.840.10008.1.2.1.99";
    public const string JpegBaseline = "1.2.840.10008.1.2.4.50";
    public const string ApplicationContext = "1.2.840.10008.3.1.1.1";

    public static readonly byte[] ReleaseRq = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    public static readonly byte[] ReleaseRp = [6, 0, 0, 0, 0, 4, 0, 0, 0, 0];

    /// <summary>The three contexts most tests use: 1 verification, 3 storage (explicit), 5 storage commitment.</summary>
    public static readonly byte[] UsualContexts =
    [
        .. Context(1, Verification, ImplicitLittle), .. Context(3, WsiStorage, ExplicitLittle), .. Context(5, Commitment, ImplicitLittle),
    ];

    public static byte[] Abort(byte source, byte reason) => [7, 0, 0, 0, 0, 4, 0, 0, source, reason];

    public static byte[] Reject(byte result, byte source, byte reason) => [3, 0, 0, 0, 0, 4, 0, result, source, reason];

    public static byte[] Pdu(byte type, params byte[] body) => [type, 0, .. UInt32(body.Length), .. body];

    /// <summary>A header that claims a length, and whatever follows it.</summary>
    public static byte[] PduClaiming(byte type, uint length, params byte[] body) => [type, 0, .. UInt32(length), .. body];

    public static byte[] AssociateRq(
        byte[]? contexts = null, byte[]? user = null, string application = ApplicationContext, ushort version = 1,
        string called = "SLIDEPORT", string calling = "SCANNER", byte[]? extra = null) => Pdu(
        1,
        [
            .. UInt16(version), 0, 0, .. Title(called), .. Title(calling), .. new byte[32],
            .. Item(0x10, Ascii(application)), .. contexts ?? UsualContexts, .. extra ?? [], .. Item(0x50, user ?? UserInformation(16384)),
        ]);

    public static byte[] UserInformation(uint maxLength, params byte[] more) =>
        [.. Item(0x51, UInt32(maxLength)), .. Item(0x52, Ascii("1.2.3.4")), .. more];

    public static byte[] Context(byte id, string abstractSyntax, params string[] transferSyntaxes) => Item(
        0x20, [id, 0, 0, 0, .. Item(0x30, Ascii(abstractSyntax)), .. transferSyntaxes.SelectMany(s => Item(0x40, Ascii(s)))]);

    public static byte[] Item(byte type, byte[] value) => [type, 0, .. UInt16(value.Length), .. value];

    public static byte[] Title(string title) => Ascii(title.PadRight(16));

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    public static byte[] UInt32(long value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        return bytes;
    }

    public static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)(value & 0xFF)];

    /// <summary>A presentation data value: bit 0 of the control header is command, bit 1 last.</summary>
    public static byte[] Value(byte context, byte control, params byte[] data) => [.. UInt32(data.Length + 2), context, control, .. data];

    public static byte[] PData(params byte[] values) => Pdu(4, values);

    public static byte[] Command(byte context, params byte[] command) => PData(Value(context, 3, command));

    public static byte[] Data(byte context, params byte[] data) => PData(Value(context, 2, data));

    /// <summary>A command set: group length first, then elements in Implicit VR Little Endian.</summary>
    public static byte[] CommandSet(params byte[][] elements)
    {
        var body = elements.SelectMany(e => e).ToArray();
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
        return [.. Element(0x0000, length), .. body];
    }

    public static byte[] Element(ushort element, params byte[] value) =>
        [0, 0, .. Little(element), .. Little(value.Length), 0, 0, .. value];

    public static byte[] Us(ushort element, int value) => Element(element, Little(value));

    public static byte[] Ui(ushort element, string uid) => Element(element, Ascii(uid.Length % 2 == 0 ? uid : uid + "\0"));

    public static byte[] EchoRq(int messageId) =>
        CommandSet(Ui(0x0002, Verification), Us(0x0100, 0x0030), Us(0x0110, messageId), Us(0x0800, 0x0101));

    public static byte[] EchoRsp(int messageId) => CommandSet(
        Ui(0x0002, Verification), Us(0x0100, 0x8030), Us(0x0120, messageId), Us(0x0800, 0x0101), Us(0x0900, 0));

    public static byte[] StoreRq(int messageId, string instance = "2.25.7", string sopClass = WsiStorage, int dataSetType = 0x0001) => CommandSet(
        Ui(0x0002, sopClass), Us(0x0100, 0x0001), Us(0x0110, messageId), Us(0x0700, 0), Us(0x0800, dataSetType), Ui(0x1000, instance));

    private static byte[] Little(int value) => [(byte)(value & 0xFF), (byte)(value >> 8)];
}
