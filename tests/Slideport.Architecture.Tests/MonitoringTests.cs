using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Slideport.Converter.Monitoring;
using Slideport.Dsr.Monitoring;
using Slideport.Hosting.Monitoring;
using Slideport.Sam.Monitoring;
using Slideport.Sam.Notifications;

namespace Slideport.Architecture.Tests;

/// <summary>The page on monitoring and the alert rules speak of the metrics there are.</summary>
public sealed class MonitoringTests
{
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    [Fact]
    public void The_monitoring_page_lists_every_metric_with_its_meaning_and_no_other()
    {
        var rows = File.ReadAllLines(Path.Join(Checkout.Root, "docs/monitoring.md"))
            .Where(line => line.StartsWith("| `slideport_", StringComparison.Ordinal))
            .Select(line => line.Split(" | ")).ToDictionary(cells => cells[0].Trim('|', ' ', '`'));
        var instruments = Instruments();

        Assert.Equal(instruments.Select(NameOf).Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(instruments, instrument => Assert.Equal((TypeOf(instrument), instrument.Description), (rows[NameOf(instrument)][1], rows[NameOf(instrument)][2])));
        Assert.All(rows.Values, cells => Assert.True(cells is [_, _, _, { Length: > 10 }], $"{cells[0]}: what to do?"));
    }

    [Fact]
    public void The_alert_rules_name_only_metrics_there_are()
    {
        var known = Instruments().Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var named = Directory.GetFiles(Path.Join(Checkout.Root, "deploy/prometheus"), "*.yml")
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\bslideport_[a-z_]+").Select(m => Suffixes.Aggregate(m.Value, (name, suffix) => name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name)))
            .Distinct().ToArray();

        Assert.True(named.Length > 10);
        Assert.Empty(named.Except(known));
    }

    [Fact]
    public void The_monitoring_page_names_every_kind_of_alert_and_all_work_that_can_fail()
    {
        var page = File.ReadAllText(Path.Join(Checkout.Root, "docs/monitoring.md"));
        var kinds = typeof(ProblemKinds).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(f => (string)f.GetValue(null)!).ToArray();
        var chores = typeof(Chore).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(f => f.GetValue(null)).OfType<Chore>().ToArray();

        Assert.Equal(chores, Chore.All);
        Assert.All(kinds.Concat(chores.Select(c => c.Name).Where(n => !n.StartsWith("search.", StringComparison.Ordinal))), name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private static List<Instrument> Instruments()
    {
        var found = new List<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => found.Add(instrument) };
        listener.Start();
        using var converter = new ConverterMetrics();
        using var sam = new SamMetrics();
        using var dsr = new DsrMetrics();
        using var hosting = new ReadinessWatch([], TimeProvider.System);
        var ours = new[] { ConverterMetrics.MeterName, SamMetrics.MeterName, DsrMetrics.MeterName, ReadinessWatch.MeterName };
        return [.. found.Where(i => ours.Contains(i.Meter.Name)).DistinctBy(i => i.Name)];
    }

    // As OpenTelemetry's exporter for Prometheus writes it.
    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return instrument.Name.Replace('.', '_') + unit + (TypeOf(instrument) == "counter" ? "_total" : "");
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        Histogram<double> => "histogram",
        Counter<long> => "counter",
        _ => "gauge",
    };
}
