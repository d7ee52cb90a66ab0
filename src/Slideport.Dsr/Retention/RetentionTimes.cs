using System.Linq.Expressions;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;

namespace Slideport.Dsr.Retention;

/// <summary>How long slides are kept at least. A slide is due when that time has passed since it was scanned, and since its files were written.</summary>
internal sealed class RetentionTimes
{
    private readonly Dictionary<string, TimeSpan> _times;
    private readonly TimeProvider _time;

    /// <summary>Those of the settings.</summary>
    internal RetentionTimes(DsrOptions options, ImageLocations locations, TimeProvider time)
    {
        _time = time;
        var own = options.Retentions.ToDictionary(r => locations.NameOf(r.Location)!, r => r.Time, StringComparer.Ordinal);
        _times = locations.All.ToDictionary(l => l, l => own.GetValueOrDefault(l, options.Retention), StringComparer.Ordinal);
    }

    /// <summary>Whether a slide is due.</summary>
    internal bool IsDue(CatalogueSlide slide) => Before(slide.Place) is { } before && slide.ScanTime < before && slide.LastWrite < before;

    /// <summary>The same as a question to the database. Only what lies there as it should, and nobody holds, can be due.</summary>
    internal Expression<Func<CatalogueSlide, bool>> Due()
    {
        var slide = Expression.Parameter(typeof(CatalogueSlide));
        Expression due = Expression.Constant(false);
        foreach (var place in _times.Keys)
        {
            if (Before(place) is not { } before)
                continue;
            Expression<Func<CatalogueSlide, bool>> one = s => s.State == SlideFileState.Present && s.HoldReason == null && s.Place == place && s.ScanTime < before && s.LastWrite < before;
            due = Expression.OrElse(due, Expression.Invoke(one, slide));
        }

        return Expression.Lambda<Func<CatalogueSlide, bool>>(due, slide);
    }

    // Null: for ever.
    private DateTimeOffset? Before(string place) => _times.TryGetValue(place, out var kept) && kept > TimeSpan.Zero ? _time.GetUtcNow() - kept : null;
}
