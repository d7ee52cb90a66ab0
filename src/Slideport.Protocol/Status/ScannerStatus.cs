using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Status;

/// <summary>What a scanner is doing.</summary>
public enum ScannerState
{
    /// <summary>Nothing to do.</summary>
    Idle,

    /// <summary>Scanning slides.</summary>
    Scanning,

    /// <summary>Calibrating, updating, warming up.</summary>
    Busy,

    /// <summary>It needs somebody.</summary>
    Error,
}

/// <summary>A heartbeat (flow F3): <c>POST /scanner/status</c>.</summary>
public sealed record ScannerStatus
{
    /// <summary>What it is doing.</summary>
    public required ScannerState State { get; init; }

    /// <summary>The same in words for people; may be empty.</summary>
    public string Activity { get; init; } = "";

    /// <summary>Version of the configuration it runs; 0: none yet.</summary>
    public long ConfigurationVersion { get; init; }

    /// <summary>Racks in the scanner.</summary>
    public int Racks { get; init; }

    /// <summary>Slides waiting to be scanned.</summary>
    public int SlidesWaiting { get; init; }

    /// <summary>Slides scanned since the scanner was started.</summary>
    public long SlidesScanned { get; init; }

    /// <summary>Version of its software.</summary>
    public string SoftwareVersion { get; init; } = "";

    /// <summary>Version of its hardware.</summary>
    public string HardwareVersion { get; init; } = "";

    /// <summary>Name of its computer on the network; may be empty.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Hardware address of its network interface, <c>00-1B-…</c> (six hexadecimal bytes); may be empty.</summary>
    public string MacAddress { get; init; } = "";

    /// <summary>Bytes left on its own disk.</summary>
    public long DiskFreeBytes { get; init; }

    /// <summary>Bytes of its own disk.</summary>
    public long DiskTotalBytes { get; init; }

    /// <summary>Seconds its clock was ahead of its time server in the last NTP exchange, before it was set by it; null before one, and when the server has long been silent.</summary>
    public double? ClockOffsetSeconds { get; init; }

    /// <summary>Everything wrong with it.</summary>
    public IReadOnlyList<FieldError> Validate()
    {
        var errors = new List<FieldError>();
        void Check(bool holds, string field, string message)
        {
            if (!holds)
                errors.Add(new FieldError(field, message));
        }

        Check(Enum.IsDefined(State), "state", "There is no such state.");
        Check(MessageText.Fits(Activity, 200), "activity", "Longer than 200 characters, or the character U+0000 in it.");
        Check(ConfigurationVersion >= 0, "configurationVersion", "A version is not negative.");
        Check(Racks is >= 0 and <= 10_000, "racks", "Not between 0 and 10,000.");
        Check(SlidesWaiting is >= 0 and <= 1_000_000, "slidesWaiting", "Not between 0 and 1,000,000.");
        Check(SlidesScanned >= 0, "slidesScanned", "A count is not negative.");
        Check(MessageText.Fits(SoftwareVersion, 100), "softwareVersion", "Longer than 100 characters, or the character U+0000 in it.");
        Check(MessageText.Fits(HardwareVersion, 100), "hardwareVersion", "Longer than 100 characters, or the character U+0000 in it.");
        Check(Hostname.Length == 0 || Host.IsValid(Hostname), "hostname", "No host name.");
        Check(MacAddress.Length == 0 || IsMacAddress(MacAddress), "macAddress", "No hardware address; write six bytes as 00-1B-44-11-3A-B7.");
        Check(DiskFreeBytes >= 0 && DiskFreeBytes <= DiskTotalBytes, "diskFreeBytes", "Negative, or more than the disk has.");
        Check(ClockOffsetSeconds is null || double.IsFinite(ClockOffsetSeconds.Value), "clockOffsetSeconds", "No finite number.");
        return errors;
    }

    private static bool IsMacAddress(string text) =>
        text.Length == 17 && text.Index().All(c => c.Index % 3 == 2 ? c.Item is '-' or ':' : char.IsAsciiHexDigit(c.Item));
}

/// <summary>The answer to a heartbeat.</summary>
/// <param name="ConfigurationVersion">The version the scanner should run.</param>
/// <param name="Utc">SAM's clock.</param>
public sealed record StatusAnswer(long ConfigurationVersion, DateTimeOffset Utc);
