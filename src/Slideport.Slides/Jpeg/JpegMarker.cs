namespace Slideport.Slides.Jpeg;

/// <summary>Second byte of the JPEG markers this product looks at (ITU-T T.81, table B.1).</summary>
internal static class JpegMarker
{
    public const byte Prefix = 0xFF;
    public const byte StartOfImage = 0xD8;
    public const byte EndOfImage = 0xD9;
    public const byte StartOfScan = 0xDA;
    public const byte QuantizationTables = 0xDB;
    public const byte RestartInterval = 0xDD;
    public const byte HuffmanTables = 0xC4;
    public const byte ArithmeticConditioning = 0xCC;
    public const byte JpegExtension = 0xC8;
    public const byte FirstStartOfFrame = 0xC0;
    public const byte LastStartOfFrame = 0xCF;
    public const byte FirstRestart = 0xD0;
    public const byte LastRestart = 0xD7;
    public const byte Temporary = 0x01;
    public const byte App0 = 0xE0;
    public const byte App14 = 0xEE;

    /// <summary>SOF0..SOF15: C0..CF but DHT, JPG and DAC, which share the range (T.81, table B.1).</summary>
    public static bool IsStartOfFrame(byte marker) =>
        marker is >= FirstStartOfFrame and <= LastStartOfFrame and not (HuffmanTables or JpegExtension or ArithmeticConditioning);
}
