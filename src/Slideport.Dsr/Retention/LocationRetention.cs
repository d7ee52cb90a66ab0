namespace Slideport.Dsr.Retention;

/// <summary>How long slides of one image file system are kept: section <c>Dsr:Retentions:N</c>.</summary>
public sealed record LocationRetention
{
    /// <summary>Which of <c>Dsr:Locations</c>.</summary>
    public string Location { get; init; } = "";

    /// <summary>How long at least; 0 for ever.</summary>
    public TimeSpan Time { get; init; }
}
