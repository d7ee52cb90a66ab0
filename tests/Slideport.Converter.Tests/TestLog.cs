using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Slideport.Converter.Tests;

/// <summary>Keeps what was logged.</summary>
internal sealed class TestLog : ILogger<ConverterRole>
{
    internal ConcurrentQueue<(LogLevel Level, int Id, string Text)> Entries { get; } = new();

    internal IEnumerable<string> Lines => Entries.Select(e => $"{e.Level} {e.Id} {e.Text}");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, eventId.Id, formatter(state, exception) + (exception is null ? "" : $" [{exception}]")));
}
