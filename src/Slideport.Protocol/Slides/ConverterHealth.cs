using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Slides;

/// <summary>How a converter is doing: <c>POST /role/converters/NAME/health</c>, every few seconds.</summary>
public sealed record ConverterHealth
{
    /// <summary>The image file system it delivers to, as its settings name it.</summary>
    public required string ImageStore { get; init; }

    /// <summary>Why slides cannot be delivered there now, as a sentence; null when they can.</summary>
    public string? ImageStoreProblem { get; init; }

    /// <summary>Bytes left there; null when it cannot be asked.</summary>
    public long? ImageStoreFreeBytes { get; init; }

    /// <summary>Bytes it has in all; null when it cannot be asked.</summary>
    public long? ImageStoreTotalBytes { get; init; }

    /// <summary>The file locations that SAM names and this converter's slides go to, as they are from its machine; the first <see cref="MaxLocations"/>.</summary>
    public IReadOnlyList<FileLocationHealth> FileLocations { get; init; } = [];

    /// <summary>What came of trying to write where SAM's last <see cref="HealthAnswer"/> asked for.</summary>
    public IReadOnlyList<FileLocationHealth> Trials { get; init; } = [];

    /// <summary>Bytes left on the spool's disk.</summary>
    public long SpoolFreeBytes { get; init; }

    /// <summary>Bytes of the spool's disk.</summary>
    public long SpoolTotalBytes { get; init; }

    /// <summary>Slides in the spool, by stage.</summary>
    public IReadOnlyDictionary<SlideStage, int> Slides { get; init; } = new Dictionary<SlideStage, int>();

    /// <summary>When the oldest slide that is not delivered yet began to arrive; null when there is none.</summary>
    public DateTimeOffset? OldestUndelivered { get; init; }

    /// <summary>Most file locations in one message.</summary>
    public const int MaxLocations = 100;

    /// <summary>What is wrong with a converter's name.</summary>
    public static IEnumerable<FieldError> ValidateName(string name)
    {
        if (name is not { Length: > 0 and <= 64 } || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            yield return new FieldError("name", "Write 1 to 64 letters, digits, points, hyphens and underscores.");
    }

    /// <summary>Everything wrong with it.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (!MessageText.Fits(ImageStore, 400))
            yield return new FieldError("imageStore", "Longer than 400 characters, or the character U+0000 in it.");
        if (!MessageText.Fits(ImageStoreProblem, 1000))
            yield return new FieldError("imageStoreProblem", "Longer than 1000 characters, or the character U+0000 in it.");
        if (SpoolFreeBytes < 0 || SpoolFreeBytes > SpoolTotalBytes)
            yield return new FieldError("spoolFreeBytes", "Negative, or more than the disk has.");
        if (ImageStoreFreeBytes < 0 || ImageStoreFreeBytes > ImageStoreTotalBytes)
            yield return new FieldError("imageStoreFreeBytes", "Negative, or more than the store has.");
        foreach (var (name, locations) in new[] { ("fileLocations", FileLocations), ("trials", Trials) })
        {
            if (locations.Count > MaxLocations)
                yield return new FieldError(name, $"More than {MaxLocations}.");
            foreach (var (index, location) in locations.Take(MaxLocations).Index())
            {
                if (location?.IsGood() != true)
                    yield return new FieldError($"{name}[{index}]", "A location longer than 400 characters, a problem longer than 1000, the character U+0000 in them, or more bytes left than it has.");
            }
        }

        if (Slides.Any(s => s.Value < 0 || !Enum.IsDefined(s.Key)))
            yield return new FieldError("slides", "A count is negative.");
    }
}

/// <summary>How a file location is doing, seen from a converter.</summary>
public sealed record FileLocationHealth
{
    /// <summary>As SAM names it.</summary>
    public required string Location { get; init; }

    /// <summary>Why slides cannot be delivered there now, as a sentence; null when they can.</summary>
    public string? Problem { get; init; }

    /// <summary>Bytes left there; null when it cannot be asked.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Bytes it has in all; null when it cannot be asked.</summary>
    public long? TotalBytes { get; init; }

    internal bool IsGood() => MessageText.Fits(Location, 400) && MessageText.Fits(Problem, 1000) && !(FreeBytes < 0 || FreeBytes > TotalBytes);
}

/// <summary>What SAM answers a converter that has told how it is doing.</summary>
/// <param name="Locations">File locations somebody wants to have tried, empty for the converter's own image store: it writes there, and tells of it at once.</param>
public sealed record HealthAnswer(IReadOnlyList<string> Locations);
