namespace Slideport.Slides.Jpeg;

/// <summary>Coding process of a JPEG frame: the code of its SOF marker (ITU-T T.81, table B.1).</summary>
public enum JpegProcess
{
    /// <summary>SOF0, baseline sequential DCT, Huffman: what whole-slide scanners send.</summary>
    Baseline = 0xC0,

    /// <summary>SOF1, extended sequential DCT, Huffman.</summary>
    ExtendedSequential = 0xC1,

    /// <summary>SOF2, progressive DCT, Huffman.</summary>
    Progressive = 0xC2,

    /// <summary>SOF3, lossless (sequential), Huffman.</summary>
    Lossless = 0xC3,

    /// <summary>SOF5, differential sequential DCT, Huffman.</summary>
    DifferentialSequential = 0xC5,

    /// <summary>SOF6, differential progressive DCT, Huffman.</summary>
    DifferentialProgressive = 0xC6,

    /// <summary>SOF7, differential lossless, Huffman.</summary>
    DifferentialLossless = 0xC7,

    /// <summary>SOF9, extended sequential DCT, arithmetic.</summary>
    ArithmeticSequential = 0xC9,

    /// <summary>SOF10, progressive DCT, arithmetic.</summary>
    ArithmeticProgressive = 0xCA,

    /// <summary>SOF11, lossless, arithmetic.</summary>
    ArithmeticLossless = 0xCB,

    /// <summary>SOF13, differential sequential DCT, arithmetic.</summary>
    ArithmeticDifferentialSequential = 0xCD,

    /// <summary>SOF14, differential progressive DCT, arithmetic.</summary>
    ArithmeticDifferentialProgressive = 0xCE,

    /// <summary>SOF15, differential lossless, arithmetic.</summary>
    ArithmeticDifferentialLossless = 0xCF,
}
