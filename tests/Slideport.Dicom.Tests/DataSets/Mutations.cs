using CsCheck;

namespace Slideport.Dicom.Tests.DataSets;

/// <summary>Good inputs with a few bytes changed, inserted or left out.</summary>
internal static class Mutations
{
    public static void Sample(byte[][] seeds, Action<byte[]> test, int iterations) =>
        Gen.Select(Gen.Int[0, seeds.Length - 1], Gen.Select(Gen.Int[0, 4000], Gen.Byte, Gen.Int[0, 3]).Array[1, 6]).Sample((seed, edits) =>
        {
            var bytes = seeds[seed].ToList();
            foreach (var (position, value, kind) in edits)
            {
                var at = 1 + position % (bytes.Count - 1);
                if (kind == 0) bytes.Insert(at, value);
                else if (kind == 1 && bytes.Count > 10) bytes.RemoveAt(at);
                else bytes[at] = value;
            }

            test([.. bytes]);
        }, iter: iterations);
}
