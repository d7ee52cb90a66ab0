using System.Globalization;

namespace Slideport.Tests.Monitoring;

/// <summary>What Prometheus would read at one moment.</summary>
/// <param name="Text">As it was served.</param>
internal sealed record Scrape(string Text)
{
    /// <summary>The value of a series, <c>name{label="value"}</c>; the test fails when there is none.</summary>
    public double this[string series] => Find(series) ?? throw new KeyNotFoundException($"There is no {series} in:\n{Text}");

    /// <summary>The sum of those series of a name that have all of some labels.</summary>
    public double Sum(string name, params string[] labels) =>
        Lines().Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(line.Contains)).Sum(Value);

    /// <summary>The value of a series; null when there is none.</summary>
    public double? Find(string series) => Lines().Where(line => line.StartsWith(series + " ", StringComparison.Ordinal)).Select(line => (double?)Value(line)).SingleOrDefault();

    private IEnumerable<string> Lines() => Text.Split('\n').Where(line => !line.StartsWith('#')).Select(line => line.Replace("{}", "", StringComparison.Ordinal));

    private static double Value(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}
