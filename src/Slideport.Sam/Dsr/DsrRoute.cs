using Slideport.Protocol.Configuration;
using Slideport.Sam.Configuration;
using Slideport.Sam.Database;

namespace Slideport.Sam.Dsr;

/// <summary>A DSR and which messages of the outbox go there: to that of the defaults what scanners tell that name no other, to each other one what its scanners tell.</summary>
/// <param name="Dsr">The DSR.</param>
/// <param name="Of">Picks its messages.</param>
internal sealed record DsrRoute(DsrSettings Dsr, Func<IQueryable<OutboxMessage>, IQueryable<OutboxMessage>> Of)
{
    /// <summary>All there are now. What scanners tell that have no DSR is on none: it lies in the outbox until one is named.</summary>
    internal static IReadOnlyList<DsrRoute> All(ConfigurationStore configuration)
    {
        var usual = configuration.Effective(null).Configuration.Dsr;
        var others = configuration.Scanners().Where(s => s.Configuration.Dsr != usual).Select(s => (Prefix: $"{s.SerialNumber}/", s.Configuration.Dsr)).ToList();
        var routes = others.Select(other => new DsrRoute(other.Dsr, messages => messages.Where(m => m.Subject.Substring(0, other.Prefix.Length) == other.Prefix)));
        return [.. routes.Prepend(new DsrRoute(usual, OfTheRest)).Where(route => route.Dsr.Hostname.Length > 0)];

        IQueryable<OutboxMessage> OfTheRest(IQueryable<OutboxMessage> messages) =>
            others.Aggregate(messages, (rest, other) => rest.Where(m => m.Subject.Substring(0, other.Prefix.Length) != other.Prefix));
    }
}
