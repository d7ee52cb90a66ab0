namespace Slideport.Scanner.Slides;

/// <summary>
/// Paints tiles that look like haematoxylin and eosin at 0.25 µm a pixel. A tile is given by the tissue at its four corners and a variant;
/// along each edge it depends on that edge's two corners alone, so any two tiles that share corners join without a seam.
/// </summary>
/// <remarks>
/// Colours follow Beer and Lambert: two dyes, each with its absorption in red, green and blue, in concentrations that textures and nuclei
/// decide. That is what makes overlapping pink and purple look right.
/// </remarks>
internal sealed class TissuePainter
{
    /// <summary>Pixels a side of a tile.</summary>
    public const int Size = 256;

    // Within this distance of an edge a tile shows what all variants share.
    private const float BorderPixels = 44;
    private const int MaxReach = 28; // of a nucleus from its centre
    private const float TissueEdge = 0.5f;
    private const float EpitheliumEdge = 1.5f;
    private const float LumenEdge = 2.5f;

    private static readonly (float R, float G, float B) Haematoxylin = (0.80f, 1.08f, 0.50f);
    private static readonly (float R, float G, float B) Eosin = (0.10f, 0.74f, 0.36f);
    private static readonly (float R, float G, float B) Light = (245, 243, 246);

    private readonly Textures _shared;
    private readonly Textures[] _variants;

    /// <summary>A painter of so many variants of each tile.</summary>
    public TissuePainter(int seed, int variants)
    {
        _shared = new Textures(seed);
        _variants = new Textures[variants];
        Parallel.For(0, variants, i => _variants[i] = new Textures(seed + 1000 * (i + 1)).BlendedInto(_shared));
    }

    /// <summary>Paints a tile; RGB, <see cref="Size"/> pixels a side.</summary>
    public byte[] Paint(TissueKind topLeft, TissueKind topRight, TissueKind bottomLeft, TissueKind bottomRight, int variant)
    {
        var tile = new Tile((float)topLeft, (float)topRight, (float)bottomLeft, (float)bottomRight, _variants[variant]);
        var nuclei = new float[Size * Size];
        foreach (var nucleus in tile.Textures.Nuclei) StainAll(nuclei, nucleus, tile);

        var pixels = new byte[3 * Size * Size];
        for (var i = 0; i < nuclei.Length; i++)
        {
            var (h, e) = Dyes(tile, i, nuclei[i]);
            var shade = 1 + 0.012f * tile.Textures.Grain[i];
            pixels[3 * i] = Channel(Light.R * shade, h * Haematoxylin.R + e * Eosin.R);
            pixels[3 * i + 1] = Channel(Light.G * shade, h * Haematoxylin.G + e * Eosin.G);
            pixels[3 * i + 2] = Channel(Light.B * shade, h * Haematoxylin.B + e * Eosin.B);
        }

        return pixels;
    }

    /// <summary>Concentrations of haematoxylin and eosin at a pixel.</summary>
    private static (float H, float E) Dyes(in Tile tile, int i, float nucleus)
    {
        var t = tile.FieldAt(i);
        var tissue = PeriodicNoise.Step(TissueEdge - 0.03f, TissueEdge + 0.03f, t);
        if (tissue == 0) return (0, 0);

        var (textures, epithelium) = (tile.Textures, PeriodicNoise.Step(EpitheliumEdge - 0.1f, EpitheliumEdge + 0.06f, t));
        var (fibre, grain) = (textures.Fibre[i], textures.Grain[i]);
        // Shrinkage in processing opens white clefts between the fibres.
        var cleft = PeriodicNoise.Step(0.34f, 0.52f, textures.Cleft[i] + 0.25f * fibre) * (1 - epithelium);
        var lumen = PeriodicNoise.Step(LumenEdge - 0.04f, LumenEdge + 0.03f, t);
        var density = 1 + 0.22f * textures.Soft[i];
        var e = density * PeriodicNoise.Mix(0.56f + 0.36f * fibre + 0.10f * grain, 0.50f + 0.16f * grain, epithelium);
        var h = PeriodicNoise.Mix(0.05f + 0.04f * fibre, 0.20f + 0.10f * grain, epithelium);
        // A section is a little thicker, and takes more dye, along its free edges.
        e += 0.2f * PeriodicNoise.Step(-TissueEdge - 0.10f, -TissueEdge, -t);
        var open = (1 - 0.9f * cleft) * (1 - 0.97f * lumen);
        nucleus *= 1 - lumen;
        return (tissue * (Math.Max(0, h) * open + nucleus), tissue * (Math.Max(0, e) * open + 0.15f * nucleus));
    }

    /// <summary>A nucleus, and its copies in the neighbours that hang over into this tile.</summary>
    private static void StainAll(float[] stain, in Nucleus nucleus, in Tile tile)
    {
        for (var down = -Size; down <= Size; down += Size)
        {
            for (var across = -Size; across <= Size; across += Size)
                Stain(stain, nucleus with { X = nucleus.X + across, Y = nucleus.Y + down }, tile);
        }
    }

    /// <summary>Adds a nucleus where the tissue has one: dark rim, clumped inside.</summary>
    private static void Stain(float[] stain, in Nucleus nucleus, in Tile tile)
    {
        if (Math.Min(nucleus.X, nucleus.Y) < -MaxReach || Math.Max(nucleus.X, nucleus.Y) > Size + MaxReach) return;

        // Near an edge the neighbour decides too, and knows the edge only: so look at the nearest point of the edge.
        var t = tile.FieldAt(ClampToEdge(nucleus.X), ClampToEdge(nucleus.Y));
        var isEpithelial = t > EpitheliumEdge - 0.02f;
        var share = t is < TissueEdge + 0.06f or > LumenEdge - 0.12f ? 0 : isEpithelial ? 0.80f : 0.22f;
        if (nucleus.Lot >= share) return;

        var (a, b) = isEpithelial ? (nucleus.Radius * 1.12f, nucleus.Radius * 0.9f) : (nucleus.Radius * 1.6f, nucleus.Radius * 0.42f);
        var (sin, cos) = MathF.SinCos(isEpithelial ? nucleus.Angle : 0.35f * (nucleus.Angle - MathF.PI / 2));
        var reach = (int)MathF.Ceiling(Math.Max(a, b) * 1.3f);
        var (centreX, centreY) = ((int)MathF.Floor(nucleus.X), (int)MathF.Floor(nucleus.Y));
        for (var y = Math.Max(0, centreY - reach); y <= Math.Min(Size - 1, centreY + reach); y++)
        {
            for (var x = Math.Max(0, centreX - reach); x <= Math.Min(Size - 1, centreX + reach); x++)
            {
                var (dx, dy) = (x - nucleus.X, y - nucleus.Y);
                var (u, v) = ((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b);
                var at = y * Size + x;
                var distance = MathF.Sqrt(u * u + v * v) + 0.16f * tile.Textures.Soft[at] + 0.05f * tile.Textures.Grain[at];
                var inside = PeriodicNoise.Step(-1.06f, -0.86f, -distance);
                if (inside == 0) continue;
                var chromatin = nucleus.Depth * (0.86f + 0.62f * tile.Textures.Chromatin[at] + 0.28f * PeriodicNoise.Step(0.55f, 0.95f, distance));
                stain[at] = Math.Max(stain[at], inside * Math.Clamp(chromatin, 0.25f, 1.7f));
            }
        }
    }

    private static float ClampToEdge(float place) => place < BorderPixels / 2 ? 0 : place > Size - BorderPixels / 2 ? Size : place;

    private static byte Channel(float light, float absorbed) => (byte)Math.Clamp(light * MathF.Exp(-absorbed), 0, 255);

    /// <summary>How near a pixel is to the shared border: 0 on it, 1 well inside.</summary>
    private static float Inside(int x, int y)
    {
        var distance = Math.Min(Math.Min(x, Size - 1 - x), Math.Min(y, Size - 1 - y));
        return PeriodicNoise.Step(2, BorderPixels, distance);
    }

    /// <summary>One tile: the tissue at its corners, and its textures.</summary>
    private readonly record struct Tile(float TopLeft, float TopRight, float BottomLeft, float BottomRight, Textures Textures)
    {
        public float FieldAt(int pixel) => FieldAt((pixel % Size) + 0.5f, (pixel / Size) + 0.5f);

        /// <summary>Which tissue: below 0.5 glass, below 1.5 stroma, below 2.5 epithelium, above lumen; wavy, so that borders do not show the grid.</summary>
        public float FieldAt(float x, float y)
        {
            var (u, v) = (x / Size, y / Size);
            var plain = PeriodicNoise.Mix(PeriodicNoise.Mix(TopLeft, TopRight, u), PeriodicNoise.Mix(BottomLeft, BottomRight, u), v);
            var at = (((int)y & (Size - 1)) * Size) + ((int)x & (Size - 1));
            return plain + 0.42f * Textures.Soft[at] + 0.10f * Textures.Cleft[at];
        }
    }

    private readonly record struct Nucleus(float X, float Y, float Radius, float Angle, float Lot, float Depth);

    /// <summary>Everything random about a tile.</summary>
    private sealed class Textures
    {
        private const int NucleiAcross = 10;
        private const float Spacing = (float)Size / NucleiAcross;

        public Textures(int seed)
        {
            Soft = PeriodicNoise.Square(seed + 11, Size, 4, 3);
            Cleft = PeriodicNoise.Square(seed + 31, Size, 9, 3);
            Fibre = PeriodicNoise.Fibres(seed + 41, Size, 0.2f);
            Grain = PeriodicNoise.Square(seed + 53, Size, 64, 2);
            Chromatin = PeriodicNoise.Square(seed + 61, Size, 48, 2);
            Nuclei = Enumerable.Range(0, NucleiAcross * NucleiAcross).Select(i => Place(seed + 71, i % NucleiAcross, i / NucleiAcross)).ToArray();
        }

        public float[] Soft { get; }

        public float[] Cleft { get; }

        public float[] Fibre { get; }

        public float[] Grain { get; }

        public float[] Chromatin { get; }

        public Nucleus[] Nuclei { get; private set; }

        /// <summary>Makes the border the one all variants share.</summary>
        public Textures BlendedInto(Textures shared)
        {
            foreach (var (own, common) in new[] { (Soft, shared.Soft), (Cleft, shared.Cleft), (Fibre, shared.Fibre) })
            {
                for (var i = 0; i < own.Length; i++) own[i] = PeriodicNoise.Mix(common[i], own[i], Inside(i % Size, i / Size));
            }

            Nuclei = [.. shared.Nuclei.Where(IsAtBorder), .. Nuclei.Where(nucleus => !IsAtBorder(nucleus))];
            return this;
        }

        private static bool IsAtBorder(Nucleus nucleus) =>
            Math.Min(Math.Min(nucleus.X, Size - nucleus.X), Math.Min(nucleus.Y, Size - nucleus.Y)) < BorderPixels / 2;

        private static Nucleus Place(int seed, int column, int row)
        {
            float Lot(int n) => PeriodicNoise.Hash(seed + n, column, row);
            return new Nucleus(
                (column + 0.15f + 0.7f * Lot(0)) * Spacing, (row + 0.15f + 0.7f * Lot(1)) * Spacing, 8 + 4 * Lot(2), MathF.PI * Lot(3), Lot(4),
                0.72f + 0.5f * Lot(5));
        }
    }
}
