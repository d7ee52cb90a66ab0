namespace Slideport.Scanner.Slides;

/// <summary>
/// Where on a generated slide there is glass, stroma and epithelium: a few pieces of tissue with ragged outlines, glands inside. One value
/// for each corner of the tile grid.
/// </summary>
internal sealed class TissueMap
{
    private const float GlandTiles = 3.2f; // a gland and what is around it: some 0.2 mm
    private const float RegionTiles = 18; // where glands are many or few
    private const int NoPeriod = int.MaxValue;

    private readonly int _across;
    private readonly int _down;
    private readonly int _seed;
    private readonly (float X, float Y, float Width, float Height, float Angle)[] _pieces;

    /// <summary>The map of a slide of so many tiles.</summary>
    public TissueMap(int seed, int tilesAcross, int tilesDown)
    {
        (_seed, _across, _down) = (seed, tilesAcross, tilesDown);
        var count = tilesAcross > tilesDown * 1.2f ? 2 : 1;
        _pieces = new (float, float, float, float, float)[count];
        for (var i = 0; i < count; i++)
        {
            float Lot(int n) => PeriodicNoise.Hash(seed + 500 + n, i, 0);
            var share = tilesAcross / (float)count;
            // One size smaller than their share of the glass, a little turned.
            _pieces[i] = (
                (i + 0.42f + 0.16f * Lot(0)) * share, (0.44f + 0.12f * Lot(1)) * tilesDown, (0.40f + 0.06f * Lot(2)) * share,
                (0.38f + 0.06f * Lot(3)) * tilesDown, 0.5f * (Lot(4) - 0.5f));
        }
    }

    /// <summary>The tissue at the corner left above tile (<paramref name="column"/>, <paramref name="row"/>).</summary>
    public TissueKind At(int column, int row)
    {
        // The outline's roughness belongs to the slide, the glands' size to the tissue.
        var scale = Math.Max(6, Math.Min(_across, _down) / 5f);
        var depth = Depth(column, row) + 0.34f * Fractal(_seed + 600, column / scale, row / scale);
        if (depth < 0) return TissueKind.Glass;
        if (depth < 0.06f) return TissueKind.Stroma;
        var region = Fractal(_seed + 700, column / RegionTiles, row / RegionTiles);
        var gland = Fractal(_seed + 800, column / GlandTiles, row / GlandTiles) + 0.55f * region;
        if (gland < -0.02f) return TissueKind.Stroma;
        return gland > 0.40f && depth > 0.1f ? TissueKind.Lumen : TissueKind.Epithelium;
    }

    /// <summary>1 in the middle of a piece, 0 on its plain outline, negative outside.</summary>
    private float Depth(float x, float y)
    {
        var depth = float.MinValue;
        foreach (var piece in _pieces)
        {
            var (sin, cos) = MathF.SinCos(piece.Angle);
            var (dx, dy) = (x - piece.X, y - piece.Y);
            var (u, v) = ((dx * cos + dy * sin) / piece.Width, (dy * cos - dx * sin) / piece.Height);
            depth = Math.Max(depth, 1 - MathF.Sqrt(u * u + v * v));
        }

        return depth;
    }

    /// <summary>Octaves turned against each other: the lattice of a single one would show as straight outlines.</summary>
    private static float Fractal(int seed, float x, float y)
    {
        float value = 0, strength = 0.5f;
        for (var octave = 0; octave < 4; octave++, strength /= 2)
        {
            value += strength * PeriodicNoise.At(seed + octave, x + 100, y + 100, NoPeriod, NoPeriod);
            (x, y) = (1.62f * x - 1.22f * y, 1.22f * x + 1.62f * y);
        }

        return value * 1.4f;
    }
}
