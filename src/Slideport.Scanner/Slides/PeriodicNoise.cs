namespace Slideport.Scanner.Slides;

/// <summary>
/// Value noise that repeats at the edges of a square, so that tiles made of it join without a seam. From a seed, without state: the same
/// everywhere.
/// </summary>
internal static class PeriodicNoise
{
    /// <summary>A value in [0, 1) for a lattice point.</summary>
    public static float Hash(int seed, int x, int y)
    {
        unchecked
        {
            var h = (uint)seed * 0x9E3779B1u ^ (uint)x * 0x85EBCA77u ^ (uint)y * 0xC2B2AE3Du;
            h = (h ^ h >> 15) * 0x2C1B3C6Du;
            h = (h ^ h >> 12) * 0x297A2D39u;
            return ((h ^ h >> 15) >> 8) * (1f / (1 << 24));
        }
    }

    /// <summary>Smooth noise in [-1, 1] at a place of a lattice that repeats after (<paramref name="periodX"/>, <paramref name="periodY"/>) points.</summary>
    public static float At(int seed, float x, float y, int periodX, int periodY)
    {
        var (x0, y0) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (u, v) = (Smooth(x - x0), Smooth(y - y0));
        var (left, right) = (Wrap(x0, periodX), Wrap(x0 + 1, periodX));
        var (top, bottom) = (Wrap(y0, periodY), Wrap(y0 + 1, periodY));
        var upper = Mix(Hash(seed, left, top), Hash(seed, right, top), u);
        var lower = Mix(Hash(seed, left, bottom), Hash(seed, right, bottom), u);
        return 2 * Mix(upper, lower, v) - 1;
    }

    /// <summary>A square of fractal noise: octaves of doubled lattice and halved strength.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="cells">Lattice cells a side of the coarsest octave.</param>
    /// <param name="octaves">Number of octaves.</param>
    public static float[] Square(int seed, int size, int cells, int octaves)
    {
        var field = new float[size * size];
        float strength = 1, total = 0;
        for (var octave = 0; octave < octaves; octave++, strength /= 2, cells *= 2)
        {
            total += strength;
            AddOctave(field, seed + octave, size, cells, strength);
        }

        for (var i = 0; i < field.Length; i++) field[i] /= total;
        return field;
    }

    /// <summary>A square of wavy fibres along x: noise stretched in one direction, bent by a coarse one.</summary>
    public static float[] Fibres(int seed, int size, float bend)
    {
        const int Across = 44;
        const int Along = 5;
        var field = new float[size * size];
        for (var i = 0; i < field.Length; i++)
        {
            var (x, y) = ((float)(i % size) / size, (float)(i / size) / size);
            var shift = bend * At(seed + 7, 3 * x, 3 * y, 3, 3);
            var coarse = At(seed, Along * x, Across * (y + shift), Along, Across);
            var fine = At(seed + 1, 2 * Along * x, 2 * Across * (y + shift), 2 * Along, 2 * Across);
            field[i] = 0.7f * coarse + 0.3f * fine;
        }

        return field;
    }

    /// <summary>0 below <paramref name="from"/>, 1 above <paramref name="to"/>, smooth between.</summary>
    public static float Step(float from, float to, float value) => Smooth(Math.Clamp((value - from) / (to - from), 0, 1));

    /// <summary>Linear interpolation.</summary>
    public static float Mix(float a, float b, float t) => a + (b - a) * t;

    /// <summary>As <see cref="At"/> at every pixel; each lattice point is drawn once.</summary>
    private static void AddOctave(float[] field, int seed, int size, int cells, float strength)
    {
        var lattice = new float[cells * cells];
        for (var i = 0; i < lattice.Length; i++) lattice[i] = Hash(seed, i % cells, i / cells);
        var places = new (int First, int Second, float Share)[size];
        for (var i = 0; i < size; i++)
        {
            var place = (float)i * cells / size;
            var first = (int)place;
            places[i] = (first, (first + 1) % cells, Smooth(place - first));
        }

        for (var i = 0; i < field.Length; i++)
        {
            var (x, y) = (places[i % size], places[i / size]);
            var upper = Mix(lattice[y.First * cells + x.First], lattice[y.First * cells + x.Second], x.Share);
            var lower = Mix(lattice[y.Second * cells + x.First], lattice[y.Second * cells + x.Second], x.Share);
            field[i] += strength * (2 * Mix(upper, lower, y.Share) - 1);
        }
    }

    private static float Smooth(float t) => t * t * (3 - 2 * t);

    private static int Wrap(int value, int period)
    {
        var rest = value % period;
        return rest < 0 ? rest + period : rest;
    }
}
