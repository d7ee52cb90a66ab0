namespace Slideport.Slides.Tiff;

/// <summary>Tag numbers by the names of TIFF 6.0, its technical notes and the Aperio format.</summary>
public static class TiffTags
{
    /// <summary>254: bit 0 reduced resolution; Aperio: 1 label, 9 macro.</summary>
    public const ushort NewSubfileType = 254;

    /// <summary>256: pixels across.</summary>
    public const ushort ImageWidth = 256;

    /// <summary>257: pixels down.</summary>
    public const ushort ImageLength = 257;

    /// <summary>258: bits of each sample.</summary>
    public const ushort BitsPerSample = 258;

    /// <summary>259: see <see cref="TiffCompression"/>.</summary>
    public const ushort Compression = 259;

    /// <summary>262: see <see cref="TiffPhotometric"/>.</summary>
    public const ushort PhotometricInterpretation = 262;

    /// <summary>270: text; Aperio's metadata.</summary>
    public const ushort ImageDescription = 270;

    /// <summary>273: where the strips lie.</summary>
    public const ushort StripOffsets = 273;

    /// <summary>277: samples of each pixel.</summary>
    public const ushort SamplesPerPixel = 277;

    /// <summary>278: rows of each strip but the last.</summary>
    public const ushort RowsPerStrip = 278;

    /// <summary>279: how long the strips are.</summary>
    public const ushort StripByteCounts = 279;

    /// <summary>282: pixels per resolution unit across.</summary>
    public const ushort XResolution = 282;

    /// <summary>283: pixels per resolution unit down.</summary>
    public const ushort YResolution = 283;

    /// <summary>284: 1 interleaved samples, 2 planes.</summary>
    public const ushort PlanarConfiguration = 284;

    /// <summary>296: 2 inch, 3 centimetre.</summary>
    public const ushort ResolutionUnit = 296;

    /// <summary>317: 1 none, 2 horizontal differencing.</summary>
    public const ushort Predictor = 317;

    /// <summary>322: pixels across a tile.</summary>
    public const ushort TileWidth = 322;

    /// <summary>323: pixels down a tile.</summary>
    public const ushort TileLength = 323;

    /// <summary>324: where the tiles lie, row by row.</summary>
    public const ushort TileOffsets = 324;

    /// <summary>325: how long the tiles are.</summary>
    public const ushort TileByteCounts = 325;

    /// <summary>339: 1 unsigned integer samples.</summary>
    public const ushort SampleFormat = 339;

    /// <summary>347: tables-only JPEG stream shared by the page's tiles or strips.</summary>
    public const ushort JpegTables = 347;

    /// <summary>530: chroma subsampling across and down.</summary>
    public const ushort YCbCrSubSampling = 530;

    /// <summary>32997: slices of a volume; always 1 in a slide.</summary>
    public const ushort ImageDepth = 32997;

    /// <summary>34675: ICC profile.</summary>
    public const ushort IccProfile = 34675;
}
