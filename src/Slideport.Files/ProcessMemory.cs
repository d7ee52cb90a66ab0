using System.Runtime.InteropServices;

namespace Slideport.Files;

/// <summary>How much memory this process may take, for one that works on a stranger's bytes.</summary>
public static class ProcessMemory
{
    /// <summary>Lets every allocation beyond this fail, the runtime's own among them (RLIMIT_DATA). Does nothing on systems that have no such limit.</summary>
    /// <param name="bytes">Of everything this process alone can write to.</param>
    /// <exception cref="IOException">The kernel refuses it.</exception>
    public static void Limit(long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var limit = new LinuxCalls.ResourceLimit { Soft = (ulong)bytes, Hard = (ulong)bytes };
        if (LinuxCalls.SetResourceLimit(LinuxCalls.LimitOfData, ref limit) != 0)
            throw new IOException($"The memory of this process cannot be limited (error {Marshal.GetLastPInvokeError()}).");
    }
}
