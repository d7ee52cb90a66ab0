namespace Slideport.Files;

/// <summary>What the kernel knows of its clock: how far it may be off by the word of the program that sets it, and a leap second that comes.</summary>
/// <param name="MaxError">The largest error it may have. Grows by 500 µs a second (ppm) until the clock is set again; 16 s where nobody ever set it.</param>
/// <param name="IsSecondInserted">Whether the day (UTC) ends with a second more.</param>
/// <param name="IsSecondDeleted">Whether the day (UTC) ends with a second less.</param>
public readonly record struct KernelClock(TimeSpan MaxError, bool IsSecondInserted, bool IsSecondDeleted)
{
    /// <summary>Asks the kernel; null where it cannot be asked: another system than Linux, or a sandbox that forbids it.</summary>
    public static KernelClock? TryRead()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var answer = default(LinuxCalls.Timex); // modes 0: nothing is set
        return LinuxCalls.AdjTimex(ref answer) < 0
            ? null
            : new KernelClock(
                TimeSpan.FromMicroseconds(answer.MaxError), (answer.Status & LinuxCalls.StatusInsertSecond) != 0, (answer.Status & LinuxCalls.StatusDeleteSecond) != 0);
    }
}
