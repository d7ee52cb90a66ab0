using Slideport.Slides.Jpeg;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Svs;

/// <summary>What a page's tags say about its picture, as the file says it.</summary>
public sealed class SvsPage
{
    internal SvsPage(TiffDirectory directory)
    {
        Index = directory.Index;
        Width = Integer(directory, TiffTags.ImageWidth, 1, int.MaxValue);
        Height = Integer(directory, TiffTags.ImageLength, 1, int.MaxValue);
        Compression = (TiffCompression)Integer(directory, TiffTags.Compression, 0, ushort.MaxValue, 1);
        Photometric = (TiffPhotometric)Integer(directory, TiffTags.PhotometricInterpretation, 0, ushort.MaxValue, 2);
        SamplesPerPixel = Integer(directory, TiffTags.SamplesPerPixel, 1, ushort.MaxValue, 1);
        BitsPerSample = Integer(directory, TiffTags.BitsPerSample, 1, 64, 1);
        Predictor = Integer(directory, TiffTags.Predictor, 1, ushort.MaxValue, 1);
        if (Integer(directory, TiffTags.PlanarConfiguration, 1, 2, 1) != 1)
            throw new SvsFormatException(Index, "its samples are in planes, which Aperio files never have");
        DescriptionText = directory.GetText(TiffTags.ImageDescription);
        JpegTables = directory.GetBytes(TiffTags.JpegTables) ?? [];
    }

    /// <summary>Index of the page's TIFF directory.</summary>
    public int Index { get; }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>Compression (259); may be one this product has no name for.</summary>
    public TiffCompression Compression { get; }

    /// <summary>PhotometricInterpretation (262); may be one this product has no name for.</summary>
    public TiffPhotometric Photometric { get; }

    /// <summary>Samples of each pixel: 3, or 1 for gray.</summary>
    public int SamplesPerPixel { get; }

    /// <summary>Bits of the first sample; slides have 8.</summary>
    public int BitsPerSample { get; }

    /// <summary>Predictor (317) of LZW data: 1 none, 2 horizontal differencing.</summary>
    public int Predictor { get; }

    /// <summary>ImageDescription (270), null if the page has none.</summary>
    public string? DescriptionText { get; }

    /// <summary>The tables-only JPEG stream of the page (tag 347); empty when its pictures are complete by themselves.</summary>
    public ReadOnlyMemory<byte> JpegTables { get; }

    /// <summary>
    /// The colour space the tags claim, for <see cref="JpegColor.Resolve(in JpegHeader, ColorSpace?)"/>; null for others.
    /// </summary>
    public ColorSpace? DeclaredColor => Photometric switch
    {
        TiffPhotometric.BlackIsZero => ColorSpace.Gray,
        TiffPhotometric.Rgb => ColorSpace.Rgb,
        TiffPhotometric.YCbCr => ColorSpace.YCbCr,
        _ => null,
    };

    /// <summary>An integer tag within limits; <paramref name="absent"/> if there is none.</summary>
    internal int Integer(TiffDirectory directory, ushort tag, int min, int max, int? absent = null)
    {
        var value = directory.GetInteger(tag) ?? absent ?? throw new SvsFormatException(Index, $"has no tag {tag}");
        if (value < min || value > max) throw new SvsFormatException(Index, $"tag {tag} is {value}, not {min} to {max}");
        return (int)value;
    }
}
