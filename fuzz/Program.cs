using System.Reflection;
using SharpFuzz;

namespace Slideport.Fuzz;

/// <summary>Gives a parser bytes from outside. A target throws only when it has found a defect.</summary>
internal delegate void FuzzTarget(ReadOnlySpan<byte> data);

/// <summary>
/// <c>list</c> names the targets; <c>seeds TARGET FOLDER</c> writes its starting inputs; <c>run TARGET</c> is what afl-fuzz starts;
/// <c>replay TARGET FILE…</c> runs saved inputs without the fuzzer.
/// </summary>
internal static class Program
{
    // A target is a class in Targets/ with `static void Fuzz(ReadOnlySpan<byte>)` and, if it has any, `static IEnumerable<byte[]> Seeds()`.
    private static readonly Dictionary<string, Type> Targets = Assembly.GetExecutingAssembly().GetTypes()
        .Where(t => t.Namespace == "Slideport.Fuzz.Targets" && t.GetMethod("Fuzz") is not null)
        .ToDictionary(t => t.Name, StringComparer.Ordinal);

    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["list"]:
                foreach (var name in Targets.Keys.Order(StringComparer.Ordinal))
                    Console.WriteLine(name);
                return 0;
            case ["seeds", var target, var folder]:
                WriteSeeds(Targets[target], folder);
                return 0;
            case ["run", var target]:
                Run(Load(target));
                return 0;
            case ["replay", var target, .. var files]:
                foreach (var file in files)
                    Load(target)(File.ReadAllBytes(file));
                return 0;
            default:
                Console.Error.WriteLine("usage: Slideport.Fuzz list | seeds TARGET FOLDER | run TARGET | replay TARGET FILE...");
                return 2;
        }
    }

    private static FuzzTarget Load(string target) => Targets[target].GetMethod("Fuzz")!.CreateDelegate<FuzzTarget>();

    private static void Run(FuzzTarget target)
    {
        var buffer = new byte[1 << 20];
        Fuzzer.Run(stream =>
        {
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            target(buffer.AsSpan(0, length));
        });
    }

    private static void WriteSeeds(Type target, string folder)
    {
        Directory.CreateDirectory(folder);
        var seeds = (IEnumerable<byte[]>?)target.GetMethod("Seeds")?.Invoke(null, null) ?? [[0]];
        var number = 0;
        foreach (var seed in seeds)
            File.WriteAllBytes(Path.Join(folder, $"{number++:000}"), seed);
    }
}
