namespace Slideport.Protocol.Configuration;

/// <summary>
/// All a scanner is told by SAM (flow F3): one record per page of the administrator's guide, with the guide's field names. The defaults
/// hold for every scanner; what a scanner overrides is laid over them, field by field.
/// </summary>
public sealed record ScannerConfiguration
{
    /// <summary>Page <i>Basic Scanner Settings</i>.</summary>
    public BasicSettings Basic { get; init; } = new();

    /// <summary>Page <i>Images</i>: what is scanned, and where it goes.</summary>
    public ImagesSettings Images { get; init; } = new();

    /// <summary>Page <i>DSR</i>: where SAM sends image metadata.</summary>
    public DsrSettings Dsr { get; init; } = new();

    /// <summary>Page <i>Event Handling</i>: where events and logs go.</summary>
    public EventHandlingSettings EventHandling { get; init; } = new();

    /// <summary>Page <i>PIN Management</i>. The PINs themselves never leave SAM.</summary>
    public PinManagementSettings PinManagement { get; init; } = new();

    /// <summary>Page <i>Time</i>.</summary>
    public TimeSettings Time { get; init; } = new();

    /// <summary>Everything wrong with it, a field and a sentence each; empty when it can be used.</summary>
    public IReadOnlyList<FieldError> Validate() =>
        [.. Basic.Validate(), .. Images.Validate(), .. Dsr.Validate(), .. EventHandling.Validate(), .. PinManagement.Validate(), .. Time.Validate()];
}
