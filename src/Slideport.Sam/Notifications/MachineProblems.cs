using System.Globalization;
using Slideport.Sam.Time;

namespace Slideport.Sam.Notifications;

/// <summary>What is wrong with the machine this SAM runs on: its clock, its disks, the certificate installed there.</summary>
internal static class MachineProblems
{
    private static readonly TimeSpan ClockPatience = TimeSpan.FromMinutes(5); // a machine that has just started needs some of it

    /// <summary>All of it.</summary>
    internal static IEnumerable<Problem> Find(SamParts parts, DateTimeOffset now) =>
        OfTheClock(parts).Concat(OfTheDisks(parts)).Concat(CertificateProblems.OfInstalled(parts.InstalledUntil(), now));

    private static IEnumerable<Problem> OfTheClock(SamParts parts)
    {
        if (parts.Clock.AloneFor() >= ClockPatience && OfAlone(parts.Clock.Read(), parts.Time) is { } text)
            yield return new Problem(ProblemKinds.SamClock, Environment.MachineName, text);
    }

    // Where the system cannot be asked and SAM gives its clock to nobody, there is nothing to be said of it.
    private static string? OfAlone(HostClockState clock, TimeOptions options) => (clock.IsKnown, options.Serve) switch
    {
        (true, true) => $"Nobody sets the clock of SAM's machine. The scanners follow it all the same (at stratum {options.LocalStratum}), so that the lab has one time, but it may not be the world's: let an NTP client such as chrony run there.",
        (true, false) => "Nobody sets the clock of SAM's machine; the times in its records may be wrong. Let an NTP client such as chrony run there.",
        (false, true) => $"SAM cannot ask this system whether its clock is kept in step, and serves time as one that is not (stratum {options.LocalStratum}). Let the system's own time service answer the scanners, with Time:Serve=false.",
        (false, false) => null,
    };

    private static IEnumerable<Problem> OfTheDisks(SamParts parts) => parts.Disks.Spaces().Where(s => s.Space.Used >= ProblemSearch.DiskWarning).Select(s => new Problem(
        ProblemKinds.DiskLow, $"{Environment.MachineName}/{s.Disk.Name}", string.Create(CultureInfo.InvariantCulture, $"The disk under {s.Disk.Folder} ({s.Disk.Name}) on SAM's machine is {s.Space.Used:0%} full ({s.Space.FreeBytes / 1e9:0.0} GB left); make room: full, SAM takes nothing more.")));
}
