using Slideport.Protocol.Configuration;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;

namespace Slideport.Sam.Dsr;

/// <summary>A DSR and which messages of the outbox go there: to that of the defaults what scanners tell that name no other, to each other one what its scanners tell.</summary>
/// <param name="Dsr">The DSR.</param>
/// <param name="Of">Picks its messages.</param>
internal sealed record DsrRoute(DsrSettings Dsr, Func<IQueryable<OutboxMessage>, IQueryable<OutboxMessage>> Of)
{
    // A subject is the scanner's serial number, a slash, and the image's id. A text, for not every database's provider knows how to look for a character.
    private const string Slash = "/";

    /// <summary>All there are now. What scanners tell that have no DSR is on none: it lies in the outbox until one is named.</summary>
    internal static IReadOnlyList<DsrRoute> All(ConfigurationStore configuration)
    {
        var usual = configuration.Effective(null).Configuration.Dsr;
        var others = configuration.Scanners().Where(s => s.Configuration.Dsr != usual).ToLookup(s => s.Configuration.Dsr, s => s.SerialNumber);
        var elsewhere = others.SelectMany(scanners => scanners).ToList();
        return [.. others.Select(scanners => To(scanners.Key, [.. scanners])).Prepend(Rest()).Where(route => route.Dsr.Hostname.Length > 0)];

        DsrRoute Rest() => new(usual, messages => elsewhere.Count == 0 ? messages : messages.Where(m => !elsewhere.Contains(m.Subject.Substring(0, m.Subject.IndexOf(Slash)))));
    }

    private static DsrRoute To(DsrSettings dsr, List<string> scanners) => new(dsr, messages => messages.Where(m => scanners.Contains(m.Subject.Substring(0, m.Subject.IndexOf(Slash)))));
}
