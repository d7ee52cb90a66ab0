using Slideport.Database;
using Slideport.Sam.Audit;
using Slideport.Sam.Notifications;
using Slideport.Sam.Time;
using Slideport.Sam.Users;

namespace Slideport.Sam;

/// <summary>Settings of the SAM DataServer: section <c>Sam</c> and those of its parts.</summary>
public sealed record SamOptions
{
    /// <summary>Address of the network interface to listen on; <c>*</c> for all.</summary>
    public string Address { get; init; } = "*";

    /// <summary>TCP port for scanners and roles; 0 takes a free one.</summary>
    public int Port { get; init; } = 44386;

    /// <summary>Names scanners reach this machine by, besides its own: they go into the server's certificate.</summary>
    public IReadOnlyList<string> Hostnames { get; init; } = [];

    /// <summary>How long events that are no errors are kept.</summary>
    public TimeSpan EventRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long errors are kept, and what matters more; what needs somebody is kept until it is acknowledged, too.</summary>
    public TimeSpan EventErrorRetention { get; init; } = TimeSpan.FromDays(730);

    /// <summary>The database.</summary>
    public DatabaseOptions Database { get; init; } = new();

    /// <summary>Who is told when something needs somebody.</summary>
    public NotificationOptions Notifications { get; init; } = new();

    /// <summary>The audit trail.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>The clock scanners go by.</summary>
    public TimeOptions Time { get; init; } = new();

    /// <summary>What passwords and PINs must be like.</summary>
    public UserOptions Users { get; init; } = new();

    /// <summary>The port for people.</summary>
    public WebOptions Web { get; init; } = new();

    /// <summary>Everything wrong with the settings, a sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Address != "*" && !System.Net.IPAddress.TryParse(Address, out _))
            errors.Add($"Sam:Address '{Address}' is neither * nor an IP address.");
        if (Port is < 0 or > 65535)
            errors.Add($"Sam:Port is {Port}; it must be 0 to 65535.");
        if (EventRetention < TimeSpan.FromDays(1) || EventErrorRetention < TimeSpan.FromDays(1))
            errors.Add("Sam:EventRetention and Sam:EventErrorRetention must be at least one day (1.00:00:00).");
        if (Database.ConnectionString.Length == 0)
            errors.Add("Database:ConnectionString is empty; say where the database is.");
        if (Database.PasswordFile.Length > 0 && !File.Exists(Database.PasswordFile))
            errors.Add($"Database:PasswordFile '{Database.PasswordFile}' is not there.");
        errors.AddRange(Notifications.Validate());
        errors.AddRange(Audit.Validate());
        errors.AddRange(Users.Validate());
        errors.AddRange(Time.Validate());
        errors.AddRange(Web.Validate());
        return errors;
    }
}
