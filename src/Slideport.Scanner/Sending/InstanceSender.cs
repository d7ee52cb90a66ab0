using System.Collections.Concurrent;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Scanner.Sending;

/// <summary>
/// Sends the instances of slides over several associations, repeats what the network or a full disk prevented, and at the end of each slide
/// asks the receiver to take responsibility for it. Sending an instance twice does no harm: the receiver knows it by its UID.
/// </summary>
internal sealed class InstanceSender
{
    private readonly SendTarget _target;
    private readonly SendOptions _options;
    private readonly OutgoingInstance[] _instances;
    private readonly SentInstance?[] _sent;
    private readonly int[] _open; // instances of each slide without an outcome yet
    private readonly RateLimit? _rate;
    private readonly SendMeter _meter;
    private readonly ConcurrentQueue<string> _commitmentProblems = new();

    private volatile bool _isGivenUp;

    /// <summary>A sender of slides, each a list of files.</summary>
    /// <param name="slides">The slides.</param>
    /// <param name="target">The receiver.</param>
    /// <param name="options">How to send.</param>
    /// <param name="meter">Counts what is sent.</param>
    /// <param name="rate">Holds back; null as fast as it goes.</param>
    public InstanceSender(IReadOnlyList<IReadOnlyList<string>> slides, SendTarget target, SendOptions options, SendMeter meter, RateLimit? rate)
    {
        (_target, _options) = (target, options);
        _instances = slides.SelectMany((files, slide) => files.Select(file => (File: file, Slide: slide)))
            .Select((item, index) => new OutgoingInstance(item.File, item.Slide, index)).ToArray();
        _sent = new SentInstance?[_instances.Length];
        _open = new int[slides.Count];
        foreach (var instance in _instances) _open[instance.Slide]++;
        (_meter, _rate) = (meter, rate);
        _meter.Expect(_instances.Sum(instance => instance.Bytes), _instances.Length, slides.Count);
    }

    /// <summary>Whether the receiver could not be reached, or does not want us: further slides are in vain.</summary>
    public bool IsGivenUp => _isGivenUp;

    /// <summary>Sends everything.</summary>
    public async Task<SendLedger> SendAsync(CancellationToken cancellationToken)
    {
        var queue = new ConcurrentQueue<OutgoingInstance>(Ordered());
        var workers = Math.Clamp(_options.Parallel, 1, Math.Max(1, _instances.Length));
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => WorkAsync(queue, cancellationToken)));
        return new SendLedger(
            [.. _sent.Select((sent, i) => sent ?? NotSent(_instances[i], "not sent"))], _meter.Elapsed,
            _commitmentProblems.TryPeek(out var problem) ? problem : null);
    }

    private IEnumerable<OutgoingInstance> Ordered()
    {
        switch (_options.Order)
        {
            case SendOrder.Shuffled:
                var shuffled = _instances.ToArray();
                new Random(_options.Seed).Shuffle(shuffled);
                return shuffled.OrderBy(instance => instance.Slide); // stable: at random within each slide
            case SendOrder.Interleaved:
                return _instances.GroupBy(instance => instance.Slide).SelectMany(slide => slide.Select((instance, turn) => (instance, turn)))
                    .OrderBy(item => item.turn).Select(item => item.instance);
            default:
                return _instances;
        }
    }

    private async Task WorkAsync(ConcurrentQueue<OutgoingInstance> queue, CancellationToken cancellationToken)
    {
        await using var line = new SendLine(_target, Request(), _options);
        while (queue.TryDequeue(out var instance))
        {
            _sent[instance.Index] = await SendAsync(line, instance, cancellationToken);
            // Whoever brings the last instance of a slide asks for the commitment.
            if (Interlocked.Decrement(ref _open[instance.Slide]) == 0 && _options.Commit) await CommitAsync(line, instance.Slide, cancellationToken);
        }

        if (line.IsGivenUp) _isGivenUp = true;
        await line.ReleaseAsync(cancellationToken);
    }

    /// <summary>Sends an instance as often as need be.</summary>
    private async Task<SentInstance> SendAsync(SendLine line, OutgoingInstance instance, CancellationToken cancellationToken)
    {
        var start = _options.TimeProvider.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var counter = _meter.Begin(SendStage.Sending);
            var result = await line.StoreAsync(instance, counter, PaceAsync, cancellationToken);
            if (result.Status is { IsStored: true }) _meter.Acknowledge();
            else counter.TakeBack();
            var isFinal = result.Status is { IsTransient: false } || line.IsGivenUp || attempt > _options.Retries;
            if (isFinal)
            {
                return new SentInstance(
                    instance.Path, instance.Reference.SopClassUid, instance.Reference.SopInstanceUid, instance.Bytes, result.Status, result.Problem,
                    attempt, _options.TimeProvider.GetElapsedTime(start));
            }

            await line.PauseAsync(attempt, cancellationToken);
        }
    }

    private async ValueTask PaceAsync(int bytes, CancellationToken cancellationToken)
    {
        if (_rate?.Take(bytes) is { } pause && pause > TimeSpan.Zero) await Task.Delay(pause, _options.TimeProvider, cancellationToken);
    }

    /// <summary>Asks for responsibility for what was acknowledged of a slide.</summary>
    private async Task CommitAsync(SendLine line, int slide, CancellationToken cancellationToken)
    {
        var mine = _instances.Where(instance => instance.Slide == slide && _sent[instance.Index] is { IsAcknowledged: true }).ToList();
        if (mine.Count == 0) return;
        _meter.Begin(SendStage.Committing).Report(0);
        for (var attempt = 1; ; attempt++)
        {
            var (result, problem) = await line.CommitAsync([.. mine.Select(instance => instance.Reference)], cancellationToken);
            if (result is not null)
            {
                var committed = result.Committed.ToHashSet();
                foreach (var instance in mine)
                    _sent[instance.Index] = _sent[instance.Index]! with { IsCommitted = committed.Contains(instance.Reference) };
                return;
            }

            if (line.IsGivenUp || attempt > _options.Retries)
            {
                _commitmentProblems.Enqueue(problem!);
                return;
            }

            await line.PauseAsync(attempt, cancellationToken);
        }
    }

    private AssociationRequest Request()
    {
        var contexts = _instances.Select(instance => (instance.Reference.SopClassUid, instance.TransferSyntax))
            .DistinctBy(pair => (pair.SopClassUid, pair.TransferSyntax.Uid)).ToList();
        if (_options.Commit) contexts.Add((Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian));
        return new AssociationRequest
        {
            CallingAETitle = _target.CallingAETitle,
            CalledAETitle = _target.CalledAETitle,
            Contexts = contexts,
            Tls = _target.Tls,
        };
    }

    private static SentInstance NotSent(OutgoingInstance instance, string why) => new(
        instance.Path, instance.Reference.SopClassUid, instance.Reference.SopInstanceUid, instance.Bytes, null, why, 0, TimeSpan.Zero);
}
