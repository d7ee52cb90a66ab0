using Microsoft.Extensions.Logging;
using Slideport.Protocol;
using Slideport.Protocol.Slides;

namespace Slideport.Converter.Sam;

/// <summary>
/// Takes what people ask for at SAM, has it done, and tells what came of it. SAM keeps a request until it is answered: what was under way when the
/// converter ended is done again when it is back, and nothing that is done again is there twice.
/// </summary>
internal sealed class SlideRequests : IAsyncDisposable
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly SamLine _line;
    private readonly SlideActions _actions;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Guid, Task<SlideAnswer>> _taken = []; // and not told of yet
    private BackgroundLoop? _loop;

    internal SlideRequests((string Name, SamAddress Sam) who, SlideActions actions, (TimeProvider Time, ILogger Log) surroundings)
    {
        (_time, _log) = surroundings;
        _name = who.Name;
        _line = new SamLine(who.Sam, "requests", _log);
        _actions = actions;
    }

    internal void Start() => _loop = new BackgroundLoop("SAM's requests", Pause, stop => _line.AskAsync(RoundAsync, stop), _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_taken.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // SAM asks again
        _line.Dispose();
        _stop.Dispose();
    }

    // Reading a slide back takes minutes; meanwhile others may be tried again.
    private async Task RoundAsync(SamRoleClient sam, CancellationToken cancellationToken)
    {
        foreach (var request in await sam.GetRequestsAsync(_name, _taken.Count > 0 ? TimeSpan.Zero : LongPoll, cancellationToken))
        {
            if (!_taken.ContainsKey(request.Id))
                _taken.Add(request.Id, Task.Run(() => DoAsync(request), CancellationToken.None));
        }

        if (_taken.Count == 0)
            return;
        await Task.WhenAny([.. _taken.Values, Task.Delay(Pause, _time, cancellationToken)]);
        foreach (var (id, work) in _taken.Where(t => t.Value.IsCompleted).ToArray())
        {
            await sam.AnswerAsync(_name, id, await work, cancellationToken);
            _taken.Remove(id);
        }
    }

    private async Task<SlideAnswer> DoAsync(SlideRequest request)
    {
        SlideAnswer answer;
        try
        {
            answer = await _actions.DoAsync(request, _stop.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            answer = new SlideAnswer(SlideResult.Failed, e.Message);
        }
#pragma warning disable CA1031 // One request's failure, even a bug, is that request's: somebody waits for an answer.
        catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            answer = new SlideAnswer(SlideResult.Failed, $"This is a mistake of Slideport's; please report it. {e.GetType().Name}: {e.Message}");
        }

        answer = answer with { Text = answer.Text.Length <= SlideAnswer.MaxTextChars ? answer.Text : answer.Text[..SlideAnswer.MaxTextChars] };
        Log.RequestAnswered(_log, answer.Result is SlideResult.Done or SlideResult.Refused ? LogLevel.Information : LogLevel.Warning, request.Slide, request.Action, answer.Result);
        return answer;
    }
}
