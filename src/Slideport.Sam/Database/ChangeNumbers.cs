using Microsoft.EntityFrameworkCore;

namespace Slideport.Sam.Database;

/// <summary>
/// Numbers for changes that others follow: whoever has seen one never finds a lower one later. Two nodes that write at once take turns, because
/// both change the counter's row; a database put back from a backup goes on above all numbers it has ever given, because they are also a clock.
/// </summary>
internal sealed class ChangeNumbers
{
    private readonly Writing _writing;
    private readonly string _name;
    private ChangeCounter? _counter;

    private ChangeNumbers(Writing writing, string name, ChangeCounter? counter) => (_writing, _name, _counter) = (writing, name, counter);

    /// <summary>Numbers for the changes of a transaction.</summary>
    /// <param name="writing">The transaction.</param>
    /// <param name="name">Changes of what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<ChangeNumbers> BeginAsync(Writing writing, string name, CancellationToken cancellationToken) =>
        new(writing, name, await writing.Database.ChangeCounters.SingleOrDefaultAsync(c => c.Name == name, cancellationToken));

    /// <summary>The next number: microseconds since 1970, or one more than the last one.</summary>
    internal long Next()
    {
        if (_counter is null)
            _writing.Database.ChangeCounters.Add(_counter = new ChangeCounter { Name = _name });
        return _counter.Last = Math.Max(_counter.Last + 1, (_writing.Now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
    }
}
