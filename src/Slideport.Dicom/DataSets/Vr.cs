namespace Slideport.Dicom.DataSets;

/// <summary>
/// A value representation (PS3.5 6.2), kept as the two bytes it has on the wire: nothing is trimmed or mapped, so that what a peer made up
/// survives. The 34 that the standard knows are static properties.
/// </summary>
/// <param name="Code">The two bytes, the first in the upper half.</param>
public readonly record struct Vr(ushort Code)
{
    /// <summary>Creates a VR from its two bytes.</summary>
    public Vr(byte first, byte second)
        : this((ushort)(first << 8 | second))
    {
    }

    /// <summary>No VR: items and delimiters (FFFE,xxxx).</summary>
    public static Vr None => default;

    /// <summary>Application Entity.</summary>
    public static Vr AE => new((byte)'A', (byte)'E');

    /// <summary>Age String.</summary>
    public static Vr AS => new((byte)'A', (byte)'S');

    /// <summary>Attribute Tag.</summary>
    public static Vr AT => new((byte)'A', (byte)'T');

    /// <summary>Code String.</summary>
    public static Vr CS => new((byte)'C', (byte)'S');

    /// <summary>Date.</summary>
    public static Vr DA => new((byte)'D', (byte)'A');

    /// <summary>Decimal String.</summary>
    public static Vr DS => new((byte)'D', (byte)'S');

    /// <summary>Date Time.</summary>
    public static Vr DT => new((byte)'D', (byte)'T');

    /// <summary>Floating Point Double.</summary>
    public static Vr FD => new((byte)'F', (byte)'D');

    /// <summary>Floating Point Single.</summary>
    public static Vr FL => new((byte)'F', (byte)'L');

    /// <summary>Integer String.</summary>
    public static Vr IS => new((byte)'I', (byte)'S');

    /// <summary>Long String.</summary>
    public static Vr LO => new((byte)'L', (byte)'O');

    /// <summary>Long Text.</summary>
    public static Vr LT => new((byte)'L', (byte)'T');

    /// <summary>Other Byte.</summary>
    public static Vr OB => new((byte)'O', (byte)'B');

    /// <summary>Other Double.</summary>
    public static Vr OD => new((byte)'O', (byte)'D');

    /// <summary>Other Float.</summary>
    public static Vr OF => new((byte)'O', (byte)'F');

    /// <summary>Other Long.</summary>
    public static Vr OL => new((byte)'O', (byte)'L');

    /// <summary>Other 64-bit Very Long.</summary>
    public static Vr OV => new((byte)'O', (byte)'V');

    /// <summary>Other Word.</summary>
    public static Vr OW => new((byte)'O', (byte)'W');

    /// <summary>Person Name.</summary>
    public static Vr PN => new((byte)'P', (byte)'N');

    /// <summary>Short String.</summary>
    public static Vr SH => new((byte)'S', (byte)'H');

    /// <summary>Signed Long.</summary>
    public static Vr SL => new((byte)'S', (byte)'L');

    /// <summary>Sequence of Items.</summary>
    public static Vr SQ => new((byte)'S', (byte)'Q');

    /// <summary>Signed Short.</summary>
    public static Vr SS => new((byte)'S', (byte)'S');

    /// <summary>Short Text.</summary>
    public static Vr ST => new((byte)'S', (byte)'T');

    /// <summary>Signed 64-bit Very Long.</summary>
    public static Vr SV => new((byte)'S', (byte)'V');

    /// <summary>Time.</summary>
    public static Vr TM => new((byte)'T', (byte)'M');

    /// <summary>Unlimited Characters.</summary>
    public static Vr UC => new((byte)'U', (byte)'C');

    /// <summary>Unique Identifier.</summary>
    public static Vr UI => new((byte)'U', (byte)'I');

    /// <summary>Unsigned Long.</summary>
    public static Vr UL => new((byte)'U', (byte)'L');

    /// <summary>Unknown.</summary>
    public static Vr UN => new((byte)'U', (byte)'N');

    /// <summary>Universal Resource Identifier.</summary>
    public static Vr UR => new((byte)'U', (byte)'R');

    /// <summary>Unsigned Short.</summary>
    public static Vr US => new((byte)'U', (byte)'S');

    /// <summary>Unlimited Text.</summary>
    public static Vr UT => new((byte)'U', (byte)'T');

    /// <summary>Unsigned 64-bit Very Long.</summary>
    public static Vr UV => new((byte)'U', (byte)'V');

    /// <summary>Whether this is one of the 34 VRs of PS3.5 table 6.2-1.</summary>
    public bool IsKnown => UnitBytes != 0;

    /// <summary>
    /// Whether the length field is 32 bits, behind two reserved bytes, in explicit VR syntaxes (PS3.5 7.1.2). A VR that the standard does
    /// not
    /// know yet has it too: every VR added since 1993 does.
    /// </summary>
    public bool HasLongLength => Code switch
    {
        Ae or As or At or Cs or Da or Ds or Dt or Fd or Fl or Is or Lo or Lt or Pn or Sh or Sl or Ss or St or Tm or Ui or Ul or Us => false,
        _ => true,
    };

    /// <summary>Whether the value is text that Specific Character Set governs (PS3.5 6.1.2.2): LO, LT, PN, SH, ST, UC, UT.</summary>
    public bool UsesCharacterSet => Code is Lo or Lt or Pn or Sh or St or Uc or Ut;

    /// <summary>Whether the value is text of any kind.</summary>
    public bool IsText => Code is Ae or As or Cs or Da or Ds or Dt or Is or Tm or Ui or Ur || UsesCharacterSet;

    /// <summary>Whether text of this VR is one value in which a backslash is an ordinary character: LT, ST, UT, UR.</summary>
    public bool IsSingleText => Code is Lt or St or Ut or Ur;

    /// <summary>Whether the value is an array of binary integers: US, SS, UL, SL, UV, SV.</summary>
    public bool IsInteger => Code is Us or Ss or Ul or Sl or Uv or Sv;

    /// <summary>Bytes per unit of the value, which is what byte order swaps: 1, 2, 4 or 8; 0 for a VR the standard does not know.</summary>
    public int UnitBytes => Code switch
    {
        At or Ow or Ss or Us => 2,
        Fl or Of or Ol or Sl or Ul => 4,
        Fd or Od or Ov or Sv or Uv => 8,
        Ob or Sq or Un => 1,
        _ => IsText ? 1 : 0,
    };

    /// <summary>The byte that makes an odd value even (PS3.5 6.2): NUL for UI and binary values, space for other text.</summary>
    public byte Padding => IsText && Code != Ui ? (byte)' ' : (byte)0;

    /// <summary>Whether the two bytes are upper-case letters, as every VR's are: how implicit VR is told from explicit VR.</summary>
    internal bool HasLetters => (Code >> 8) is >= 'A' and <= 'Z' && (Code & 0xFF) is >= 'A' and <= 'Z';

    // The letters as numbers, for the switches above.
    private const ushort Ae = 0x4145, As = 0x4153, At = 0x4154, Cs = 0x4353, Da = 0x4441, Ds = 0x4453, Dt = 0x4454, Fd = 0x4644;
    private const ushort Fl = 0x464C;
    private const ushort Is = 0x4953, Lo = 0x4C4F, Lt = 0x4C54, Ob = 0x4F42, Od = 0x4F44, Of = 0x4F46, Ol = 0x4F4C, Ov = 0x4F56;
    private const ushort Ow = 0x4F57;
    private const ushort Pn = 0x504E, Sh = 0x5348, Sl = 0x534C, Sq = 0x5351, Ss = 0x5353, St = 0x5354, Sv = 0x5356, Tm = 0x544D;
    private const ushort Uc = 0x5543;
    private const ushort Ui = 0x5549, Ul = 0x554C, Un = 0x554E, Ur = 0x5552, Us = 0x5553, Ut = 0x5554, Uv = 0x5556;

    /// <summary>Reads a VR from its two letters.</summary>
    /// <param name="text">For example "OB".</param>
    /// <exception cref="FormatException">The text is not two Latin-1 characters.</exception>
    public static Vr Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text is [<= '\xFF', <= '\xFF']
            ? new Vr((byte)text[0], (byte)text[1])
            : throw new FormatException($"'{text}' is not a VR: write two letters, as OB");
    }

    /// <summary>The two letters; bytes that are no letters as they are in Latin-1; empty for <see cref="None"/>.</summary>
    public override string ToString() => Code == 0 ? "" : string.Create(2, Code, static (span, code) =>
    {
        span[0] = (char)(code >> 8);
        span[1] = (char)(code & 0xFF);
    });
}
