namespace Slideport.Sam.Notifications;

/// <summary>Something that needs somebody, as it is now.</summary>
/// <param name="Kind">What kind: one of <see cref="ProblemKinds"/>.</param>
/// <param name="Subject">Of what: a serial number, a slide, a converter.</param>
/// <param name="Text">A sentence a person can act on.</param>
internal sealed record Problem(string Kind, string Subject, string Text);

/// <summary>What a look at everything found.</summary>
/// <param name="Problems">What is wrong.</param>
/// <param name="Unsearched">Kinds of problem of which nobody knows now whether there are any, for the search failed.</param>
internal sealed record Findings(IReadOnlyList<Problem> Problems, IReadOnlyList<string> Unsearched);

/// <summary>The kinds of problem SAM looks for; part of the interface of webhooks.</summary>
internal static class ProblemKinds
{
    internal const string ScannerOffline = "scanner.offline";
    internal const string ScannerClock = "scanner.clock";
    internal const string SamClock = "sam.clock";
    internal const string SamSilent = "sam.silent";
    internal const string SlideWaiting = "slide.waiting";
    internal const string SlideFailed = "slide.failed";
    internal const string ImageStoreUnreachable = "imagestore.unreachable";
    internal const string DiskLow = "disk.low";
    internal const string ConverterSilent = "converter.silent";
    internal const string CertificateExpiring = "certificate.expiring";
    internal const string DsrBehind = "dsr.behind";
    internal const string DsrRefused = "dsr.refused";
    internal const string EventCritical = "event.critical";
    internal const string EventSecurity = "event.security";
    internal const string AuditBroken = "audit.broken";
    internal const string Housekeeping = "housekeeping.failed";
}
