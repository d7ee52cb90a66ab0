using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Http;

namespace Slideport.Dsr.Api;

/// <summary>What slides are looked for, as an address has it.</summary>
internal sealed record SlideQuery
{
    private const int MaxText = 200;

    [FromQuery(Name = "barcode")]
    public string? Barcode { get; init; }

    [FromQuery(Name = "accession")]
    public string? Accession { get; init; }

    [FromQuery(Name = "patient")]
    public string? Patient { get; init; }

    [FromQuery(Name = "stain")]
    public string? Stain { get; init; }

    [FromQuery(Name = "scanner")]
    public string? Scanner { get; init; }

    [FromQuery(Name = "from")]
    public DateTimeOffset? From { get; init; }

    [FromQuery(Name = "until")]
    public DateTimeOffset? Until { get; init; }

    [FromQuery(Name = "state")]
    public string? State { get; init; }

    [FromQuery(Name = "delivered")]
    public bool? Delivered { get; init; }

    [FromQuery(Name = "series")]
    public string? Series { get; init; }

    [FromQuery(Name = "collection")]
    public Guid? Collection { get; init; }

    [FromQuery(Name = "due")]
    public bool? Due { get; init; }

    [FromQuery(Name = "take")]
    public int? Take { get; init; }

    [FromQuery(Name = "after")]
    public string? After { get; init; }

    /// <summary>Reads it.</summary>
    /// <returns>Null, or why it cannot be answered.</returns>
    internal IResult? TryRead(out SlideQuestion question)
    {
        question = new SlideQuestion();
        SlideFileState? state = Enum.TryParse<SlideFileState>(State, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed : null;
        if (State is not null && state is null)
            return Problems.Invalid([new("state", $"There is no state '{State}'; there are {string.Join(", ", Enum.GetNames<SlideFileState>()).ToLowerInvariant()}.")]);
        if (Take is < 1 or > SlideQuestion.MaxTake)
            return Problems.Invalid([new("take", $"Take 1 to {SlideQuestion.MaxTake} at once.")]);
        foreach (var (name, text) in new[] { ("barcode", Barcode), ("accession", Accession), ("patient", Patient), ("stain", Stain), ("scanner", Scanner), ("series", Series) })
        {
            if (text?.Length > MaxText)
                return Problems.Invalid([new(name, $"Write at most {MaxText} characters.")]);
        }

        question = new SlideQuestion
        {
            Barcode = Barcode,
            Accession = Accession,
            Patient = Patient,
            Stain = Stain,
            Scanner = Scanner,
            From = From,
            Until = Until,
            State = state,
            Delivered = Delivered,
            Series = Series,
            Collection = Collection,
            Due = Due == true,
            Take = Take ?? question.Take,
            After = After,
        };
        return null;
    }
}
