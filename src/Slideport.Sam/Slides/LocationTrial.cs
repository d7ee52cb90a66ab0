using System.Collections.Concurrent;
using Slideport.Protocol.Slides;

namespace Slideport.Sam.Slides;

/// <summary>A file location that somebody wants to have tried: whether slides can be delivered there only the converters can know.</summary>
/// <param name="location">The file location.</param>
/// <param name="converters">Who is asked.</param>
internal sealed class LocationTrial(string location, IEnumerable<string> converters)
{
    private readonly HashSet<string> _asked = [.. converters];
    private readonly ConcurrentDictionary<string, FileLocationHealth> _answers = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal string Location => location;

    /// <summary>What came of it, by converter.</summary>
    internal IReadOnlyDictionary<string, FileLocationHealth> Answers => _answers;

    /// <summary>Completes when each has answered.</summary>
    internal Task Answered => _asked.Count == 0 ? Task.CompletedTask : _answered.Task;

    /// <summary>Takes a converter's answer, if there is one in what it says; one that is not asked counts as having answered.</summary>
    internal bool IsAnsweredBy(string converter, ConverterHealth health)
    {
        if (!_asked.Contains(converter))
            return true;
        if (health.Trials.FirstOrDefault(t => t.Location == location) is { } answer && _answers.TryAdd(converter, answer) && _answers.Count == _asked.Count)
            _answered.TrySetResult();
        return _answers.ContainsKey(converter);
    }
}
