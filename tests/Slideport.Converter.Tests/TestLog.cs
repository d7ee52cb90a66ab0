using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Slideport.Converter.Tests;

/// <summary>Keeps what was logged.</summary>
internal sealed class TestLog : ILogger<ConverterRole>
{
    internal ConcurrentQueue<(LogLevel Level, int Id, string Text)> Entries { get; } = new();

    /// <summary>Called with each text before whoever logs it goes on.</summary>
    internal Action<string>? Seen { get; set; }

    internal IEnumerable<string> Lines => Entries.Select(e => $"{e.Level} {e.Id} {e.Text}");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Add(logLevel, eventId.Id, formatter(state, exception) + (exception is null ? "" : $" [{exception}]"));

    private void Add(LogLevel level, int id, string text)
    {
        Entries.Enqueue((level, id, text));
        Seen?.Invoke(text);
    }
}
