using System.Net;
using System.Text.RegularExpressions;
using Slideport.Database;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Retention;
using Slideport.ImageStore.Smb;

namespace Slideport.Dsr;

/// <summary>Settings of the DSR DataServer: section <c>Dsr</c>.</summary>
public sealed record DsrOptions
{
    private const long LeastStowBytes = 1 << 20;
    private static readonly TimeSpan MostRetention = TimeSpan.FromDays(36500);

    /// <summary>Address of the network interface to listen on for SAM; <c>*</c> for all.</summary>
    public string Address { get; init; } = "*";

    /// <summary>TCP port for SAM's image metadata (flow F8); 0 takes a free one.</summary>
    public int Port { get; init; } = 44387;

    /// <summary>Names it is reached by, besides the machine's own: they go into its certificate.</summary>
    public IReadOnlyList<string> Hostnames { get; init; } = [];

    /// <summary>Address of the network interface to listen on for people; <c>*</c> for all.</summary>
    public string WebAddress { get; init; } = "*";

    /// <summary>TCP port for people, with browsers or scripts; 0 takes a free one.</summary>
    public int WebPort { get; init; } = 8444;

    /// <summary>The SAM that knows the users and tells of slides, as <c>host:port</c>; empty is the one in this process.</summary>
    public string Sam { get; init; } = "";

    /// <summary>The image file systems whose slides it keeps a catalogue of: folders, or shares as <c>smb://…</c>.</summary>
    public IReadOnlyList<string> Locations { get; init; } = [];

    /// <summary>Folder with a file for each server that shares are on; see <c>slideport store login</c>.</summary>
    public string ShareCredentialsFolder { get; init; } = "";

    /// <summary>A folder on a local disk that is the role's own.</summary>
    public string WorkFolder { get; init; } = "";

    /// <summary>How often the image file systems are looked through for what nobody has told of.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>In which time every slide is read once and compared with its hash, spread over it; 0 never.</summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(30);

    /// <summary>What a barcode says besides: a regular expression with groups <c>accession</c>, <c>stain</c>; empty: the accession number is the part before the first <c>;</c>.</summary>
    public string BarcodePattern { get; init; } = "";

    /// <summary>How long slides are kept at least: before that nobody can have one removed here; 0 for ever. Nothing is ever removed by itself.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary>The same for single image file systems.</summary>
    public IReadOnlyList<LocationRetention> Retentions { get; init; } = [];

    /// <summary>Which of <see cref="Locations"/> takes the instances that come over the web (STOW-RS); empty: none come.</summary>
    public string Stow { get; init; } = "";

    /// <summary>Longest request that stores, all its instances together.</summary>
    public long StowMaxBytes { get; init; } = 64L << 30;

    /// <summary>How much of this machine looking at slides may take.</summary>
    public ViewerOptions Viewer { get; init; } = new();

    /// <summary>The catalogue's database.</summary>
    public DatabaseOptions Database { get; init; } = new();

    /// <summary>Everything wrong with the settings, a sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        foreach (var (key, address) in new[] { ("Dsr:Address", Address), ("Dsr:WebAddress", WebAddress) })
        {
            if (address != "*" && !IPAddress.TryParse(address, out _))
                errors.Add($"{key} '{address}' is neither * nor an IP address.");
        }

        foreach (var (key, port) in new[] { ("Dsr:Port", Port), ("Dsr:WebPort", WebPort) })
        {
            if (port is < 0 or > 65535)
                errors.Add($"{key} is {port}; it must be 0 to 65535.");
        }

        if (Locations.Count == 0)
            errors.Add("Dsr:Locations names no image file system; name at least one.");
        foreach (var location in Locations.Where(SmbLocation.IsMeant))
        {
            if (!SmbLocation.TryParse(location, out _, out var wrong))
                errors.Add($"Dsr:Locations '{location}' is no share: {wrong}.");
        }

        if (Locations.Select(Normal).Distinct(StringComparer.Ordinal).Count() != Locations.Count)
            errors.Add("Dsr:Locations names an image file system twice.");
        errors.AddRange(RetentionProblems());
        if (Stow.Length > 0 && !Locations.Select(Normal).Contains(Normal(Stow), StringComparer.Ordinal))
            errors.Add($"Dsr:Stow '{Stow}' is none of Dsr:Locations; what is stored there would be in no catalogue.");
        if (StowMaxBytes < LeastStowBytes)
            errors.Add(FormattableString.Invariant($"Dsr:StowMaxBytes is {StowMaxBytes}; it must be {LeastStowBytes} or more."));
        if (Port != 0 && Port == WebPort)
            errors.Add($"Dsr:Port and Dsr:WebPort are both {Port}; people and machines come to ports of their own.");
        if (RescanInterval < TimeSpan.FromMinutes(1) || RescanInterval > TimeSpan.FromDays(31))
            errors.Add("Dsr:RescanInterval must be one minute (00:01:00) to 31 days (31.00:00:00).");
        if (ScrubInterval != TimeSpan.Zero && (ScrubInterval < TimeSpan.FromHours(1) || ScrubInterval > TimeSpan.FromDays(3650)))
            errors.Add("Dsr:ScrubInterval must be 0, or one hour (01:00:00) to ten years (3650.00:00:00).");
        if (Database.ConnectionString.Length == 0)
            errors.Add("Dsr:Database:ConnectionString is empty; say where the database is.");
        if (Database.PasswordFile.Length > 0 && !File.Exists(Database.PasswordFile))
            errors.Add($"Dsr:Database:PasswordFile '{Database.PasswordFile}' is not there.");
        if (PatternProblem() is { } problem)
            errors.Add(problem);
        errors.AddRange(Viewer.Validate());
        return errors;
    }

    private IEnumerable<string> RetentionProblems()
    {
        foreach (var (key, time) in Retentions.Select((r, i) => (Key: FormattableString.Invariant($"Dsr:Retentions:{i}:Time"), r.Time)).Prepend(("Dsr:Retention", Retention)))
        {
            if (time != TimeSpan.Zero && (time < TimeSpan.FromDays(1) || time > MostRetention))
                yield return $"{key} must be 0, or one day (1.00:00:00) to a hundred years (36500.00:00:00).";
        }

        var known = Locations.Select(Normal).ToHashSet(StringComparer.Ordinal);
        foreach (var each in Retentions)
        {
            if (!known.Remove(Normal(each.Location)))
                yield return $"Dsr:Retentions '{each.Location}' is none of Dsr:Locations, or is named twice.";
        }
    }

    private static string Normal(string location)
    {
        if (SmbLocation.IsMeant(location))
            return SmbLocation.TryParse(location, out var share, out _) ? share.ToString() : location;
        return location.Length == 0 ? "" : Path.TrimEndingDirectorySeparator(Path.GetFullPath(location));
    }

    private string? PatternProblem()
    {
        try
        {
            return BarcodePattern.Length == 0 || new Regex(BarcodePattern, RegexOptions.NonBacktracking).GetGroupNames().Intersect(BarcodeReading.Groups).Any()
                ? null
                : "Dsr:BarcodePattern has neither a group (?<accession>…) nor a group (?<stain>…).";
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"Dsr:BarcodePattern cannot be used: {e.Message}";
        }
    }
}
