using System.Globalization;
using System.Runtime.InteropServices;

namespace Slideport.Bench;

/// <summary>What a reader must know of the machine to place the figures.</summary>
internal static class Machine
{
    /// <summary>Processor, cores, memory, operating system and runtime in one line.</summary>
    public static string Describe()
    {
        var memoryGiB = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Processor()}, {Environment.ProcessorCount} cores, {memoryGiB:0} GiB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}");
    }

    /// <summary>Peak resident memory of a process since its start, in bytes (Linux: VmHWM of /proc/PID/status).</summary>
    public static long PeakResidentBytes(int processId)
    {
        foreach (var line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
        }

        throw new InvalidOperationException($"/proc/{processId}/status has no VmHWM line.");
    }

    private static string Processor()
    {
        const string Key = "model name";
        return File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
            : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
