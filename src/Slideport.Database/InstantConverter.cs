using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Slideport.Database;

/// <summary>Keeps instants as microseconds since 1970, which compare everywhere: SQLite has no type for instants and cannot compare its text form.</summary>
public sealed class InstantConverter() : ValueConverter<DateTimeOffset, long>(
    instant => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
    microseconds => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond));
