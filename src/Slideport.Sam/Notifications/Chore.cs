namespace Slideport.Sam.Notifications;

/// <summary>Something SAM does by itself, again and again.</summary>
/// <param name="Name">What alerts and metrics call it.</param>
/// <param name="What">What SAM cannot do while it fails, after "SAM cannot".</param>
/// <param name="Meanwhile">What follows from that, a sentence.</param>
internal sealed record Chore(string Name, string What, string Meanwhile)
{
    internal static readonly Chore Reload = new("reload", "look for what other nodes have changed", "A certificate revoked at another node comes in here until it can.");
    internal static readonly Chore Certificates = new("certificates", "retire certificates that were renewed", "The old ones are good until it can, or until they end.");
    internal static readonly Chore Heartbeats = new("heartbeats", "write heartbeats down", "They are kept in memory until it can; a restart loses hours of the statistics.");
    internal static readonly Chore Converters = new("converters", "exchange with other nodes what converters say of themselves", "Each node knows of those that speak with it.");
    internal static readonly Chore Nodes = new("nodes", "exchange with other nodes what is wrong with their machines", "Each node knows of its own.");
    internal static readonly Chore Heads = new("audit.heads", "sign the head of the audit trail", "Until it can, nothing proves the newest entries.");
    internal static readonly Chore Sessions = new("sessions", "delete sessions that are over", "They let nobody in, but the database grows.");
    internal static readonly Chore Events = new("events", "delete old events", "The database grows until it can.");
    internal static readonly Chore Dsr = new("dsr", "work through what waits for the DSR", "Metadata is kept, and sent when it can.") { IsOfOne = true };
    internal static readonly Chore DsrOutcomes = new("dsr.outcomes", "note what the DSR has answered", "Metadata is sent again, and the DSR takes it once.") { IsOfOne = true };

    // What it waits for is another machine, which may start anew.
    internal static readonly Chore Repository = new("audit.repository", "bring the audit trail to the audit repository", "Nothing is lost; it is sent when the repository takes it.") { Patience = TimeSpan.FromMinutes(10), IsOfOne = true };

    internal static readonly Chore Alerts = new("alerts", "remember and tell what is wrong", "Nobody hears of problems until it can.") { IsOfOne = true };
    internal static readonly Chore Messages = new("notifications", "send the messages that wait", "Nobody hears of problems until it can.") { IsOfOne = true };

    // Apart, so that one that fails keeps nobody from hearing of the others.
    internal static readonly Chore SearchScanners = Search("scanners", "scanners");
    internal static readonly Chore SearchSlides = Search("slides", "slides");
    internal static readonly Chore SearchConverters = Search("converters", "converters");
    internal static readonly Chore SearchCertificates = Search("certificates", "certificates");
    internal static readonly Chore SearchForwarding = Search("forwarding", "what goes to the DSR");
    internal static readonly Chore SearchEvents = Search("events", "events");
    internal static readonly Chore SearchTrail = Search("audit", "the audit trail");
    internal static readonly Chore SearchMachine = Search("machine", "its own machine") with { IsOfOne = false };

    /// <summary>What the notifier does.</summary>
    internal static IReadOnlyList<Chore> OfTheNotifier { get; } = [Alerts, Messages, SearchScanners, SearchSlides, SearchConverters, SearchCertificates, SearchForwarding, SearchEvents, SearchTrail];

    /// <summary>How long it may fail before somebody is told.</summary>
    internal TimeSpan Patience { get; private init; }

    /// <summary>Whether one of the SAMs on a database does it, and not each.</summary>
    internal bool IsOfOne { get; private init; }

    /// <summary>What alerts are about when it fails: what each SAM does can fail at one and not at another.</summary>
    internal string Subject => IsOfOne ? Name : $"{Environment.MachineName}/{Name}";

    /// <summary>All there are.</summary>
    internal static IReadOnlyList<Chore> All { get; } =
    [
        Reload, Certificates, Heartbeats, Converters, Nodes, Heads, Sessions, Events, Dsr, DsrOutcomes, Repository, .. OfTheNotifier, SearchMachine,
    ];

    private static Chore Search(string name, string of) => new($"search.{name}", $"look for problems of {of}", "Until it can, those it has told stay open and new ones are not found.") { IsOfOne = true };
}
