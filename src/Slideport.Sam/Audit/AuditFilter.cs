using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>Which entries of the audit trail are meant; what is null asks for nothing.</summary>
/// <param name="Actor">Who; a last <c>*</c> stands for anything.</param>
/// <param name="Object">On what; a last <c>*</c> stands for anything.</param>
/// <param name="Action">What; a last <c>*</c> stands for anything: <c>user.*</c>.</param>
/// <param name="From">Not before this.</param>
/// <param name="To">Before this.</param>
public sealed record AuditFilter(string? Actor = null, string? Object = null, string? Action = null, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    /// <summary>All of them.</summary>
    public static AuditFilter Everything { get; } = new();

    internal IQueryable<AuditEntry> Apply(IQueryable<AuditEntry> entries)
    {
        if (From is { } from)
            entries = entries.Where(e => e.At >= from);
        if (To is { } to)
            entries = entries.Where(e => e.At < to);
        if (Start(Actor) is { } actors)
            entries = entries.Where(e => e.Actor.StartsWith(actors));
        else if (Actor is not null)
            entries = entries.Where(e => e.Actor == Actor);
        if (Start(Object) is { } objects)
            entries = entries.Where(e => e.Object.StartsWith(objects));
        else if (Object is not null)
            entries = entries.Where(e => e.Object == Object);
        if (Start(Action) is { } actions)
            entries = entries.Where(e => e.Action.StartsWith(actions));
        else if (Action is not null)
            entries = entries.Where(e => e.Action == Action);
        return entries;
    }

    /// <summary>In words, for the entry that tells of an export.</summary>
    internal string InWords()
    {
        (string Name, string? Value)[] parts = [("actor", Actor), ("object", Object), ("action", Action), ("from", From?.ToString("O")), ("to", To?.ToString("O"))];
        return string.Join("; ", parts.Where(p => p.Value is not null).Select(p => $"{p.Name} {p.Value}"));
    }

    private static string? Start(string? pattern) => pattern is [.. var start, '*'] ? start : null;
}
