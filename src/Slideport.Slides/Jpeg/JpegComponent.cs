namespace Slideport.Slides.Jpeg;

/// <summary>One component of a JPEG frame header (ITU-T T.81, B.2.2).</summary>
/// <param name="Id">Component identifier Ci.</param>
/// <param name="Horizontal">Horizontal sampling factor Hi, 1 to 4.</param>
/// <param name="Vertical">Vertical sampling factor Vi, 1 to 4.</param>
/// <param name="QuantizationTable">Quantization table selector Tqi, 0 to 3.</param>
public readonly record struct JpegComponent(byte Id, byte Horizontal, byte Vertical, byte QuantizationTable);
