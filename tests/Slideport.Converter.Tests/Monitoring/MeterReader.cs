using System.Diagnostics.Metrics;

namespace Slideport.Monitoring.Tests;

/// <summary>Hears one meter from its beginning, as a collector would: sums of what is counted, the last value of what is observed.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new(); // guards the readings
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _observed = new(StringComparer.Ordinal);

    /// <summary>Hears the instruments that meet a condition, also those made later.</summary>
    internal MeterReader(Predicate<Meter> condition)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (condition(instrument.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What was counted; of a histogram, how often something was timed. 0 for what never was.</summary>
    /// <param name="series">The instrument's name and its labels: <c>name{label=value,…}</c>.</param>
    internal double Sum(string series)
    {
        lock (_lock)
            return _sums.GetValueOrDefault(series);
    }

    /// <summary>Everything observed now.</summary>
    internal IReadOnlyDictionary<string, double> Observe()
    {
        lock (_lock)
            _observed.Clear();
        _listener.RecordObservableInstruments();
        lock (_lock)
            return new Dictionary<string, double>(_observed, StringComparer.Ordinal);
    }

    /// <summary>Every series heard so far.</summary>
    internal IReadOnlyList<string> Series
    {
        get
        {
            lock (_lock)
                return [.. _sums.Keys, .. _observed.Keys];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}"));
        var series = labels.Length == 0 ? instrument.Name : $"{instrument.Name}{{{labels}}}";
        lock (_lock)
        {
            if (instrument.IsObservable)
                _observed[series] = value;
            else
                _sums[series] = _sums.GetValueOrDefault(series) + (instrument is Histogram<double> ? 1 : value);
        }
    }
}
